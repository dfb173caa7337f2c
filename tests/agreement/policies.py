"""Routing policies that look at every field they are shown, and at times choose nobody."""

from cxsim.policies import ANSWERED, ENDED, JOINED, TALKING, TIMER, State, Timers


def agent(contact, groups, center, kept=1.0, share=0.3):
    best, most = None, -1.0
    for group in groups:
        score = (
            group.idle / group.present
            + group.idle_for / 600
            + group.resolution
            - group.handle_time / 1000
            + group.weight
            + contact.u / (group.order + group.serves)
            + contact.wait / 900
            + 0.01 * contact.attempt
            + 0.1 * contact.recent_sl
            + contact.expected_wait / (900 + contact.expected_wait)
        )
        if group.idle <= kept and contact.priority + contact.reason + contact.segment > 4 and contact.waiting > 1:
            continue
        if score > most and center.idle / (1 + center.present) <= 1 + share:
            best, most = group.number, score
    return best


def contact(agent, queues, center, kept=1.0):
    if agent.idle > kept and center.waiting < 2 and agent.serves > 1 and agent.present > 2:
        return None
    best = queues[0]
    for queue in queues:
        mine = queue.wait * queue.weight + queue.credit + queue.waiting * queue.resolution - queue.rank
        mine += min(queue.expected_wait, 60.0) - 20 * queue.recent_sl
        if mine / queue.handle_time > (best.wait - queue.priority + agent.group) / best.handle_time:
            best = queue
    return best.number


both, agents, contacts = (agent, contact), (agent, None), (None, contact)


class Whole:
    """Looks at everything, remembers, holds back, takes anyone who waits, and sets timers."""

    kept = 1.0
    steps = (1, 3, 5)
    served = State("groups", start=0.0)
    seen = State(6)
    pairs = State("groups", "queues")
    recheck = Timers(2)

    def choose_agent(self, contact, groups, agents, center, skills, every_queue, every_group):
        best, most = -1, -1.0
        for agent in agents:
            if agent.may_take:
                score = agent.elapsed + self.served[agent.group] + agent.handled + 0.1 * agent.reason
                score += contact.u / (1 + skills[agent.group, contact.queue].rank) + every_group[agent.group].idle
                if score > most:
                    best, most = agent.number, score
        if contact.wait + contact.effort < 20 and center.waiting <= self.kept and self.seen[1] % 3 == 0:
            self.recheck[0] = center.now + 30.0
            return None
        if best < 0 or (len(groups) > 1 and every_queue[contact.queue].recent_sl < 0.2 and self.seen[0] == 3):
            return None
        return best

    def choose_contact(self, agent, contacts, heads, queues, agents, center):
        best = contacts[0]
        for one in contacts:
            mine = one.wait + 40 * one.attempt + one.effort + one.value - 9 * one.segment - agent.elapsed
            if mine > best.wait + 40 * best.attempt + best.effort + best.value - 9 * best.segment:
                best = one
        busy = 0
        for other in agents:
            if other.state == TALKING and other.elapsed > 60.0:
                busy += 1
        self.pairs[agent.group, best.queue] += self.steps[busy % 3]
        if self.pairs[agent.group, best.queue] % 5 == 4 and heads[0].wait < 100.0:
            self.recheck[1] = center.now + 30.0
            return None
        return best.number

    def choose_interrupted(self, contact, agents, center, skills, every_queue):
        best, most = -1, -1e9
        for agent in agents:
            if agent.may_take:
                score = agent.elapsed - 50 * skills[agent.group, contact.queue].order + 9 * agent.segment
                score += agent.reason + 0.1 * agent.handled
                if score > most:
                    best, most = agent.number, score
        self.pairs[agents[best].group, contact.queue] += 1
        if contact.wait + contact.effort + contact.value < 15 and every_queue[contact.queue].waiting <= self.kept:
            self.recheck[0] = center.now + 30.0
            return None
        return best

    def after(self, event, center, agents):
        self.seen[event.kind] += 1
        self.seen[0] = center.idle
        if event.kind == ANSWERED:
            self.served[event.group] += 1.0 / (1.0 + event.wait)
        elif event.kind == ENDED:
            self.served[event.group] -= 0.01 * event.talk + 0.001 * agents[event.agent].handled
        elif event.kind == TIMER:
            self.served[0] += event.number


class Chooser:
    """Chooses by groups only, and lets some wait until a timer, when they are offered again."""

    kept = 1.0
    given = State("groups")
    rounds = State(start=60)  # nobody may come for days
    recheck = Timers()

    def choose_agent(self, contact, groups):
        best = groups[0]
        for group in groups:
            if self.given[group.number] < self.given[best.number]:
                best = group
        if best.idle <= self.kept and contact.wait == 0 and self.given[best.number] % 2:
            return None
        self.given[best.number] += 1
        return best.number

    def choose_interrupted(self, contact, agents):
        if contact.waiting < self.kept:
            return None
        for agent in agents:
            if agent.may_take and agent.segment <= contact.segment:
                return agent.number
        return None

    def after(self, event, center):
        if self.rounds[0] > 0 and (event.kind == JOINED or (event.kind == TIMER and center.waiting)):
            self.rounds[0] -= 1
            self.recheck[0] = center.now + 30.0


class Picker:
    """Takes the first of a queue by turns, rests now and then, and interrupts at its timers what others work on."""

    kept = 1.0
    last = State("groups", start=-1)
    rests = State("agents")
    recheck = Timers()

    def choose_contact(self, agent, heads, center):
        self.rests[agent.number] += 1
        if self.rests[agent.number] % 4 == 3 and agent.idle >= self.kept:
            self.recheck[0] = center.now + 45.0
            return None
        best = heads[0]
        for head in heads:
            if head.queue > self.last[agent.group]:
                best = head
                break
        self.last[agent.group] = best.queue
        return best.queue

    def choose_interrupted(self, contact, agents, center):
        best = -1
        if contact.wait <= 0.0:
            self.recheck[0] = center.now + 20.0
            return None
        for agent in agents:
            if agent.may_take and agent.queue != contact.queue and agent.elapsed > 20.0 + 10.0 * self.kept:
                best = agent.number
        return best if best >= 0 else None


class Watcher:
    """Chooses nothing, and only counts."""

    kept = 1.0
    seen = State(6, "queues")

    def after(self, event):
        if event.queue >= 0:
            self.seen[event.kind, event.queue] += 1


CLASSES = ("Chooser", "Picker", "Watcher", "Whole")  # the last one looks at effort
