/* How fast could it be?  The two benchmark models as a special-purpose C program.
 *
 * It does the same work as the engine `clock`: every random number is a pure function of its address (seed, replication,
 * reason, day, number, attempt, leg, purpose) through SplitMix64, fresh arrivals invert the cumulative rate of their
 * type, patience is a real event that is cancelled when the contact is answered, the queue lengths are live, and each
 * contact leaves one row of 112 bytes, each stay of an agent on duty one of 24, in blocks that are used again when full.
 * It knows these two models and nothing else: no shifts, breaks, lines, overflow, balking, hand-ons.
 *
 * Everything that waits for its time is a node of one two-level timing wheel (Varghese and Lauck 1987): a coarse bucket
 * is a list in no order; when its time comes its nodes go to 256 fine buckets, most of them empty, kept in order.
 * Insertion, removal and cancellation take constant time, whatever the number of agents. An idle agent's node hangs in
 * its group's list instead: longest idle first.
 *
 *     cc -O3 -ffp-contract=off limit.c -lm -o limit
 *     ./limit model.txt seed replications [rows.bin]
 *
 * The model is the text that benchmarks/models.py writes. One line of JSON per replication on stdout. Times in seconds.
 */
#include <inttypes.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { TYPES = 16, GROUPS = 32, SKILLS = 16, INTERVALS = 4096 };
enum { FINE_BITS = 8, FINE = 1 << FINE_BITS };
enum { ARRIVAL = 1, PATIENCE = 3, TALK = 5, RESOLVE = 7, RETURN = 8, DELAY = 9 }; /* cxsim/draws.py */
enum { DAY_ZERO = 1 << 12 };                                                        /* cxsim/demand.py */
enum { ANSWERED = 0, ABANDONED = 1 };
enum { FRESH = 0, REDIAL = 1, REPEAT = 2 };
enum { EXPONENTIAL = 0, LOGNORMAL = 1 };
enum { BLOCK = 1024 }; /* rows; 112 KB stay in the second cache */

typedef struct {
    int64_t issue;
    double arrived, queued, answered, talk_end, ended, next_at, opened, waited, accumulated;
    int32_t agent;
    int16_t reason, segment, channel, queue, entry, group, attempt, leg, nth;
    int8_t cause, outcome, resolved, next;
} Leg; /* LEG_DTYPE of cxsim/ledger.py */

typedef struct {
    double start, end;
    int32_t agent, state;
} Spell;

typedef struct {
    double time;
    uint32_t next, prev;
} Node;

typedef struct { /* a contact that waits, or one that is yet to come back */
    int64_t issue;
    uint64_t key, attempt_key;
    double opened, arrived, accumulated;
    uint32_t next, prev; /* in its queue */
    int16_t attempt, nth;
    int8_t reason, cause, waiting;
} Contact;

typedef struct {
    int types, groups, intervals, at_most;
    double width, end; /* of an interval; of the arrivals */
    uint64_t root, run;
    uint64_t hash[TYPES];
    int law[TYPES];
    double mean[TYPES], mu[TYPES], sigma[TYPES], patience[TYPES], resolution[TYPES];
    double factor[TYPES][GROUPS];
    double redial, redial_delay, repeat_delay;
    int routes[TYPES], route[TYPES][GROUPS];
    int skills[GROUPS], skill[GROUPS][SKILLS], rank[GROUPS][SKILLS];
    int first[GROUPS + 1]; /* seat */
    double *rate[TYPES];   /* [interval] */
    int *agents[GROUPS];   /* [interval] */
} Model;

static Model m;

/* ---- random numbers ------------------------------------------------------------------------------------------- */

static const uint64_t GOLDEN = 0x9E3779B97F4A7C15u, CHILD = 0xD1B54A32D192ED03u, LEG = 0x8CB92BA72F3D8DD7u;

static inline uint64_t mix(uint64_t z)
{
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}
static inline uint64_t child(uint64_t key, uint64_t number) { return mix(key ^ ((number + 1) * CHILD)); }
static inline uint64_t attempt_key(uint64_t issue, int attempt, int leg)
{
    return mix(issue + (uint64_t)attempt * GOLDEN + (uint64_t)leg * LEG);
}
static inline double uniform(uint64_t key, uint64_t purpose)
{
    return ((double)(mix(key + purpose * GOLDEN) >> 11) + 0.5) * 0x1p-53;
}
static inline double exponential(double mean, double u) { return -mean * log1p(-u); }

/* Wichura's AS241 (PPND16), relative error about 1e-16. */
static double inverse_normal(double p)
{
    double q = p - 0.5, r, x;
    if (fabs(q) <= 0.425) {
        r = 0.180625 - q * q;
        x = (((((((2509.0809287301226727 * r + 33430.575583588128105) * r + 67265.770927008700853) * r +
                    45921.953931549871457) * r + 13731.693765509461125) * r + 1971.5909503065514427) * r +
                 133.14166789178437745) * r + 3.387132872796366608);
        return q * x /
               (((((((5226.495278852854561 * r + 28729.085735721942674) * r + 39307.89580009271061) * r +
                    21213.794301586595867) * r + 5394.1960214247511077) * r + 687.1870074920579083) * r +
                 42.313330701600911252) * r + 1.0);
    }
    r = q < 0 ? p : 1.0 - p;
    r = sqrt(-log(r));
    if (r <= 5.0) {
        r -= 1.6;
        x = (((((((7.7454501427834140764e-4 * r + .0227238449892691845833) * r + .24178072517745061177) * r +
                1.27045825245236838258) * r + 3.64784832476320460504) * r + 5.7694972214606914055) * r +
              4.6303378461565452959) * r + 1.42343711074968357734) /
            (((((((1.05075007164441684324e-9 * r + 5.475938084995344946e-4) * r + .0151986665636164571966) * r +
                .14810397642748007459) * r + .68976733498510000455) * r + 1.6763848301838038494) * r +
              2.05319162663775882187) * r + 1.0);
    } else {
        r -= 5.0;
        x = (((((((2.01033439929228813265e-7 * r + 2.71155556874348757815e-5) * r + .0012426609473880784386) * r +
                .026532189526576123093) * r + .29656057182850489123) * r + 1.7848265399172913358) * r +
              5.4637849111641143699) * r + 6.6579046435011037772) /
            (((((((2.04426310338993978564e-15 * r + 1.4215117583164458887e-7) * r + 1.8463183175100546818e-5) * r +
                7.868691311456132591e-4) * r + .0148753612908506148525) * r + .13692988092273580531) * r +
              .59983220655588793769) * r + 1.0);
    }
    return q < 0 ? -x : x;
}

/* ---- the ledger ----------------------------------------------------------------------------------------------- */

static Leg *legs;
static Spell *spells;
static int leg_count, spell_count;
static FILE *rows_file;
static struct { int64_t offered, fresh, redials, repeats, answered, abandoned, within, spells, events; double wait; } sum;
static double *area; /* [interval][type] */
static int64_t *most;

/* Not inlined, so that the compiler has to write every row. */
__attribute__((noinline)) static void take_legs(void)
{
    __asm__ volatile("" : : "r"(legs) : "memory");
    if (rows_file) fwrite(legs, sizeof(Leg), (size_t)leg_count, rows_file);
    leg_count = 0;
}
__attribute__((noinline)) static void take_spells(void)
{
    __asm__ volatile("" : : "r"(spells) : "memory");
    sum.spells += spell_count;
    spell_count = 0;
}
static void spell(int agent, double start, double end)
{
    spells[spell_count] = (Spell){start, end, agent, 0};
    if (++spell_count == BLOCK) take_spells();
}

/* ---- the timing wheel ----------------------------------------------------------------------------------------- */

/* Node numbers: agents, one per type for its next fresh arrival, the clock of intervals, then sentinels: idle agents by
 * group, fine buckets, coarse buckets; then contacts. */
static Node *node;
static Contact *contact;
static uint32_t agents, arrival_0, tick, idle_0, fine_0, coarse_0, contact_0, contact_end, fresh_contact;
static uint32_t *free_contact, free_contacts;
static int64_t last_fine, here; /* here: the coarse bucket that is spread out */
static uint64_t filled[FINE / 64];
static double scale;

static inline Contact *the_contact(uint32_t n) { return contact + (n - contact_0); }
static inline void link_before(uint32_t n, uint32_t at)
{
    uint32_t before = node[at].prev;
    node[n].next = at;
    node[n].prev = before;
    node[before].next = n;
    node[at].prev = n;
}
static inline void cut(uint32_t n)
{
    uint32_t next = node[n].next, prev = node[n].prev;
    node[next].prev = prev;
    node[prev].next = next;
}

/* Simultaneous events: end of service, interval, patience, return, fresh arrival; then their number. */
static int kind_of(uint32_t n)
{
    if (n < agents) return 0;
    if (n == tick) return 1;
    if (n < tick) return 4;
    return the_contact(n)->waiting ? 2 : 3;
}
__attribute__((noinline)) static int tie_before(uint32_t a, uint32_t b)
{
    int x = kind_of(a), y = kind_of(b);
    if (x != y) return x < y;
    if (a < contact_0) return a < b;
    Contact *c = the_contact(a), *d = the_contact(b);
    return c->issue != d->issue ? c->issue < d->issue : c->attempt < d->attempt;
}

static inline void to_fine(uint32_t n, int64_t k)
{
    uint32_t slot = (uint32_t)(k & (FINE - 1)), bucket = fine_0 + slot, at = node[bucket].prev;
    double time = node[n].time;
    while (at != bucket && (node[at].time > time || (node[at].time == time && tie_before(n, at)))) at = node[at].prev;
    link_before(n, node[at].next);
    filled[slot >> 6] |= (uint64_t)1 << (slot & 63);
}
static inline void schedule(uint32_t n, double time)
{
    int64_t k = (int64_t)(time * scale);
    if (k > last_fine) k = last_fine;
    node[n].time = time;
    if (k >> FINE_BITS == here)
        to_fine(n, k);
    else
        link_before(n, coarse_0 + (uint32_t)(k >> FINE_BITS));
}

/* The next node in time, taken out; 0xFFFFFFFF at the end. */
static inline uint32_t next_event(void)
{
    for (;;) {
        for (int w = 0; w < FINE / 64; w++) {
            while (filled[w]) {
                uint32_t slot = (uint32_t)(w * 64 + __builtin_ctzll(filled[w])), bucket = fine_0 + slot;
                uint32_t n = node[bucket].next;
                if (n != bucket) {
                    uint32_t after = node[n].next;
                    node[bucket].next = after;
                    node[after].prev = bucket;
                    return n;
                }
                filled[w] &= filled[w] - 1;
            }
        }
        if (++here > last_fine >> FINE_BITS) return UINT32_MAX;
        uint32_t bucket = coarse_0 + (uint32_t)here, n = node[bucket].next;
        while (n != bucket) {
            uint32_t after = node[n].next;
            if (n >= contact_0) __builtin_prefetch(the_contact(n));
            int64_t k = (int64_t)(node[n].time * scale);
            to_fine(n, k > last_fine ? last_fine : k);
            n = after;
        }
        node[bucket].next = node[bucket].prev = bucket;
    }
}

/* ---- the center ----------------------------------------------------------------------------------------------- */

static double now;
static uint32_t queue_head[TYPES], queue_tail[TYPES]; /* contact numbers */
static double head_since[TYPES];                      /* infinite when empty */
static int64_t queue_length[TYPES], queue_most[TYPES];
static double queue_area[TYPES], queue_changed[TYPES];
static int interval, present[GROUPS], leaving[GROUPS];
static uint8_t *group_of;
static double *on_since;
static uint64_t day_key[TYPES], number[TYPES], next_key[TYPES];
static double unit_time[TYPES], *edge[TYPES];
static int piece[TYPES];

static inline uint32_t new_contact(void)
{
    if (free_contacts) return free_contact[--free_contacts];
    if (fresh_contact == contact_end) {
        fprintf(stderr, "limit: too many contacts at a time\n");
        exit(1);
    }
    return fresh_contact++;
}
static inline void queue_changes(int q, int by)
{
    queue_area[q] += (double)queue_length[q] * (now - queue_changed[q]);
    queue_changed[q] = now;
    queue_length[q] += by;
    if (queue_length[q] > queue_most[q]) queue_most[q] = queue_length[q];
}
static inline void leave_queue(Contact *c, int q)
{
    if (c->prev != UINT32_MAX)
        the_contact(c->prev)->next = c->next;
    else {
        queue_head[q] = c->next;
        head_since[q] = c->next != UINT32_MAX ? the_contact(c->next)->arrived : INFINITY;
    }
    if (c->next != UINT32_MAX)
        the_contact(c->next)->prev = c->prev;
    else
        queue_tail[q] = c->prev;
    queue_changes(q, -1);
}

static inline Leg *new_leg(const Contact *c)
{
    Leg *leg = legs + leg_count;
    int q = c->reason;
    leg->issue = c->issue;
    leg->arrived = leg->queued = c->arrived;
    leg->opened = c->opened;
    leg->waited = 0.0;
    leg->accumulated = c->accumulated;
    leg->reason = leg->queue = leg->entry = (int16_t)q;
    leg->segment = leg->channel = 0;
    leg->attempt = c->attempt;
    leg->leg = 1;
    leg->cause = c->cause;
    return leg;
}
static inline void count_leg(const Leg *leg, double wait)
{
    sum.offered++;
    sum.wait += wait;
    sum.redials += leg->cause == REDIAL;
    sum.repeats += leg->cause == REPEAT;
    if (++leg_count == BLOCK) take_legs();
}

/* An agent of group g takes c now: everything about the contact is known from here on, so its row is written at once. */
static inline void serve(const Contact *c, uint32_t agent, int g)
{
    int r = c->reason;
    double u = uniform(c->attempt_key, TALK);
    double talk = m.law[r] == LOGNORMAL ? exp(m.mu[r] + m.sigma[r] * inverse_normal(u)) : exponential(m.mean[r], u);
    double end = now + talk * m.factor[r][g], wait = now - c->arrived;
    int resolved = m.resolution[r] >= 1.0 || uniform(c->attempt_key, RESOLVE) < m.resolution[r];
    Leg *leg = new_leg(c);
    leg->answered = now;
    leg->talk_end = leg->ended = end;
    leg->next_at = NAN;
    leg->agent = (int32_t)agent;
    leg->group = (int16_t)g;
    leg->nth = (int16_t)(c->nth + 1);
    leg->outcome = ANSWERED;
    leg->resolved = (int8_t)resolved;
    leg->next = 0;
    schedule(agent, end);
    if (!resolved && c->attempt < m.at_most) {
        double at = leg->talk_end + exponential(m.repeat_delay, uniform(attempt_key(c->key, c->attempt, 0), DELAY));
        leg->next_at = at;
        leg->next = REPEAT;
        if (at < m.end) {
            uint32_t n = new_contact();
            Contact *d = the_contact(n);
            d->issue = c->issue;
            d->key = c->key;
            d->opened = c->opened;
            d->accumulated = c->accumulated + wait;
            d->attempt = (int16_t)(c->attempt + 1);
            d->nth = (int16_t)(c->nth + 1);
            d->reason = c->reason;
            d->cause = REPEAT;
            d->waiting = 0;
            schedule(n, at);
        }
    }
    sum.answered++;
    sum.within += wait <= 20.0;
    count_leg(leg, wait);
}

/* An agent is free: the lowest rank it serves, then the longest wait; else it is idle. */
static inline void find_work(uint32_t agent, int g)
{
    int best = -1, best_rank = INT32_MAX;
    double since = INFINITY;
    for (int i = 0; i < m.skills[g]; i++) {
        int q = m.skill[g][i];
        if (m.rank[g][i] > best_rank) break;
        if (head_since[q] < since) {
            best = q;
            since = head_since[q];
            best_rank = m.rank[g][i];
        }
    }
    if (best < 0) {
        node[agent].time = -1.0;
        link_before(agent, idle_0 + (uint32_t)g);
        return;
    }
    uint32_t n = queue_head[best];
    Contact *c = the_contact(n);
    cut(n);
    leave_queue(c, best);
    free_contact[free_contacts++] = n; /* its values stay where they are while it is served */
    Contact copy = *c;
    serve(&copy, agent, g);
}

/* A contact comes: the first group of its route with an idle agent, else the queue. Returns 1 when it was served. */
static inline int find_agent(const Contact *c)
{
    int r = c->reason;
    for (int i = 0; i < m.routes[r]; i++) {
        int g = m.route[r][i];
        uint32_t agent = node[idle_0 + (uint32_t)g].next;
        if (agent < agents) {
            cut(agent);
            serve(c, agent, g);
            return 1;
        }
    }
    return 0;
}
static inline void enter_queue(uint32_t n)
{
    Contact *c = the_contact(n);
    int q = c->reason;
    c->waiting = 1;
    c->next = UINT32_MAX;
    c->prev = queue_tail[q];
    if (c->prev != UINT32_MAX)
        the_contact(c->prev)->next = n;
    else {
        queue_head[q] = n;
        head_since[q] = c->arrived;
    }
    queue_tail[q] = n;
    queue_changes(q, 1);
    schedule(n, now + exponential(m.patience[q], uniform(c->attempt_key, PATIENCE)));
}

static inline void next_arrival(int r)
{
    uint64_t key = child(day_key[r], number[r]);
    unit_time[r] -= log(uniform(key, ARRIVAL));
    while (unit_time[r] >= edge[r][piece[r] + 1])
        if (++piece[r] == m.intervals) return;
    double t = (double)piece[r] * m.width + (unit_time[r] - edge[r][piece[r]]) / m.rate[r][piece[r]];
    next_key[r] = key;
    schedule(arrival_0 + (uint32_t)r, t);
}
static inline void fresh_arrival(int r)
{
    Contact c = {.issue = (int64_t)r << 50 | (int64_t)number[r], .key = next_key[r], .opened = now, .arrived = now};
    c.attempt_key = attempt_key(c.key, 1, 1);
    c.attempt = 1;
    c.reason = (int8_t)r;
    number[r]++;
    next_arrival(r);
    sum.fresh++;
    if (!find_agent(&c)) {
        uint32_t n = new_contact();
        *the_contact(n) = c;
        enter_queue(n);
    }
}
static inline void returns(uint32_t n)
{
    Contact *c = the_contact(n);
    c->arrived = now;
    c->attempt_key = attempt_key(c->key, c->attempt, 1);
    if (find_agent(c))
        free_contact[free_contacts++] = n;
    else
        enter_queue(n);
}
static inline void abandons(uint32_t n)
{
    Contact *c = the_contact(n);
    int q = c->reason;
    double wait = now - c->arrived;
    leave_queue(c, q);
    Leg *leg = new_leg(c);
    leg->answered = leg->talk_end = leg->next_at = NAN;
    leg->ended = now;
    leg->agent = -1;
    leg->group = -1;
    leg->nth = c->nth;
    leg->outcome = ABANDONED;
    leg->resolved = 0;
    leg->next = 0;
    double at = INFINITY;
    uint64_t key = attempt_key(c->key, c->attempt, 0);
    if (m.redial > 0.0 && c->attempt < m.at_most && uniform(key, RETURN) < m.redial) {
        at = now + exponential(m.redial_delay, uniform(key, DELAY));
        leg->next_at = at;
        leg->next = REDIAL;
    }
    if (at < m.end) {
        c->accumulated += wait;
        c->attempt++;
        c->cause = REDIAL;
        c->waiting = 0;
        schedule(n, at);
    } else
        free_contact[free_contacts++] = n;
    sum.abandoned++;
    count_leg(leg, wait);
}

static void agent_leaves(int agent)
{
    node[agent].time = -2.0;
    spell(agent, on_since[agent], now);
}
static void interval_begins(void)
{
    for (int q = 0; q < m.types; q++) {
        queue_changes(q, 0);
        if (interval) {
            area[(interval - 1) * m.types + q] = queue_area[q];
            most[(interval - 1) * m.types + q] = queue_most[q];
        }
        queue_area[q] = 0.0;
        queue_most[q] = queue_length[q];
    }
    if (interval == m.intervals) return; /* the last interval's agents stay until the queue is served */
    for (int g = 0; g < m.groups; g++) {
        int fall = present[g] - m.agents[g][interval];
        for (int seat = m.first[g + 1] - 1; fall > 0 && seat >= m.first[g]; seat--)
            if (node[seat].time == -1.0) {
                cut((uint32_t)seat);
                agent_leaves(seat);
                fall--;
            }
        if (fall > 0) leaving[g] += fall;
    }
    for (int g = 0; g < m.groups; g++) {
        int rise = m.agents[g][interval] - present[g];
        present[g] = m.agents[g][interval];
        if (rise <= 0) continue;
        int stay = rise < leaving[g] ? rise : leaving[g];
        leaving[g] -= stay;
        rise -= stay;
        for (int seat = m.first[g]; rise > 0 && seat < m.first[g + 1]; seat++)
            if (node[seat].time == -2.0) {
                on_since[seat] = now;
                find_work((uint32_t)seat, g);
                rise--;
            }
    }
    interval++;
    schedule(tick, (double)interval * m.width);
}
static inline void service_ends(uint32_t agent)
{
    int g = group_of[agent];
    if (leaving[g]) {
        leaving[g]--;
        agent_leaves((int)agent);
    } else
        find_work(agent, g);
}

static void replay(void)
{
    memset(&sum, 0, sizeof sum);
    leg_count = spell_count = interval = 0;
    now = 0.0;
    here = 0;
    memset(filled, 0, sizeof filled);
    for (uint32_t n = 0; n < contact_0; n++) node[n] = (Node){-2.0, n, n};
    free_contacts = 0;
    fresh_contact = contact_0;
    for (int q = 0; q < m.types; q++) {
        queue_head[q] = queue_tail[q] = UINT32_MAX;
        head_since[q] = INFINITY;
        queue_length[q] = queue_most[q] = 0;
        queue_area[q] = queue_changed[q] = 0.0;
        day_key[q] = child(child(m.run, m.hash[q]), DAY_ZERO);
        number[q] = 0;
        unit_time[q] = 0.0;
        piece[q] = 0;
        next_arrival(q);
    }
    for (int g = 0; g < m.groups; g++) present[g] = leaving[g] = 0;
    schedule(tick, 0.0);
    for (;;) {
        uint32_t n = next_event();
        if (n == UINT32_MAX) break;
        now = node[n].time;
        sum.events++;
        if (n < agents)
            service_ends(n);
        else if (n >= contact_0) {
            if (the_contact(n)->waiting)
                abandons(n);
            else
                returns(n);
        } else if (n < tick)
            fresh_arrival((int)(n - arrival_0));
        else
            interval_begins();
    }
    for (int g = 0; g < m.groups; g++)
        for (int seat = m.first[g]; seat < m.first[g + 1]; seat++)
            if (node[seat].time == -1.0) spell(seat, on_since[seat], now > m.end ? now : m.end);
    take_legs();
    take_spells();
}

/* ---- reading and reporting ------------------------------------------------------------------------------------ */

static void expect(FILE *f, const char *word)
{
    char got[64];
    if (fscanf(f, "%63s", got) != 1 || strcmp(got, word)) {
        fprintf(stderr, "limit: the model should say '%s' here\n", word);
        exit(2);
    }
}
static double number_in(FILE *f)
{
    double x;
    if (fscanf(f, "%lf", &x) != 1) {
        fprintf(stderr, "limit: the model should have a number here\n");
        exit(2);
    }
    return x;
}
static int whole_in(FILE *f, int most_allowed)
{
    double x = number_in(f);
    if (x < 0 || x > most_allowed) {
        fprintf(stderr, "limit: %g is outside 0..%d\n", x, most_allowed);
        exit(2);
    }
    return (int)x;
}
static void *room(size_t count, size_t size)
{
    void *p = aligned_alloc(64, (count * size + 63) / 64 * 64);
    if (!p) {
        fprintf(stderr, "limit: out of memory\n");
        exit(1);
    }
    return p;
}

static void read_model(FILE *f)
{
    expect(f, "model");
    if (fscanf(f, "%" SCNu64, &m.root) != 1) exit(2);
    m.types = whole_in(f, TYPES);
    m.groups = whole_in(f, GROUPS);
    m.intervals = whole_in(f, INTERVALS);
    m.width = number_in(f);
    m.at_most = whole_in(f, 1000);
    m.end = m.width * m.intervals;
    expect(f, "returns");
    m.redial = number_in(f);
    m.redial_delay = number_in(f);
    m.repeat_delay = number_in(f);
    for (int r = 0; r < m.types; r++) {
        expect(f, "type");
        if (fscanf(f, "%" SCNu64, &m.hash[r]) != 1) exit(2);
        m.law[r] = whole_in(f, LOGNORMAL);
        if (m.law[r] == LOGNORMAL) {
            m.mu[r] = number_in(f);
            m.sigma[r] = number_in(f);
        } else
            m.mean[r] = number_in(f);
        m.patience[r] = number_in(f);
        m.resolution[r] = number_in(f);
        m.routes[r] = whole_in(f, GROUPS);
        for (int i = 0; i < m.routes[r]; i++) m.route[r][i] = whole_in(f, m.groups - 1);
        for (int g = 0; g < m.groups; g++) m.factor[r][g] = number_in(f);
        m.rate[r] = room((size_t)m.intervals, sizeof(double));
        edge[r] = room((size_t)m.intervals + 1, sizeof(double));
        edge[r][0] = 0.0;
        for (int i = 0; i < m.intervals; i++) {
            m.rate[r][i] = number_in(f);
            edge[r][i + 1] = edge[r][i] + m.rate[r][i] * m.width;
        }
    }
    for (int g = 0; g < m.groups; g++) {
        expect(f, "group");
        m.skills[g] = whole_in(f, SKILLS);
        for (int i = 0; i < m.skills[g]; i++) {
            m.skill[g][i] = whole_in(f, m.types - 1);
            m.rank[g][i] = whole_in(f, 1000);
        }
        int seats = 0;
        m.agents[g] = room((size_t)m.intervals, sizeof(int));
        for (int i = 0; i < m.intervals; i++) {
            m.agents[g][i] = whole_in(f, 1000000);
            if (m.agents[g][i] > seats) seats = m.agents[g][i];
        }
        m.first[g + 1] = m.first[g] + seats;
    }
}
static void make_room(void)
{
    double expected = 0.0;
    for (int r = 0; r < m.types; r++) expected += edge[r][m.intervals];
    agents = (uint32_t)m.first[m.groups];
    scale = 12.0 * expected / m.end; /* about one event in five fine buckets, measured to be best */
    last_fine = (int64_t)(m.end * 1.25 * scale) | (FINE - 1);
    arrival_0 = agents;
    tick = arrival_0 + (uint32_t)m.types;
    idle_0 = tick + 1;
    fine_0 = idle_0 + (uint32_t)m.groups;
    coarse_0 = fine_0 + FINE;
    contact_0 = coarse_0 + (uint32_t)(last_fine >> FINE_BITS) + 1;
    uint32_t contacts = 1u << 22;
    contact_end = contact_0 + contacts;
    node = room(contact_end, sizeof(Node));
    contact = room(contacts, sizeof(Contact));
    free_contact = room(contacts, sizeof(uint32_t));
    legs = room(BLOCK, sizeof(Leg));
    spells = room(BLOCK, sizeof(Spell));
    area = room((size_t)(m.intervals * m.types), sizeof(double));
    most = room((size_t)(m.intervals * m.types), sizeof(int64_t));
    group_of = room(agents, 1);
    on_since = room(agents, sizeof(double));
    for (int g = 0; g < m.groups; g++) memset(group_of + m.first[g], g, (size_t)(m.first[g + 1] - m.first[g]));
}

static double cpu_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

int main(int argc, char **argv)
{
    FILE *f = argc > 3 ? fopen(argv[1], "r") : NULL;
    if (!f) {
        fprintf(stderr, "usage: limit MODEL SEED REPLICATIONS [ROWS]\n");
        return 2;
    }
    read_model(f);
    fclose(f);
    make_room();
    if (argc > 4 && !(rows_file = fopen(argv[4], "wb"))) return 2;
    uint64_t seed = strtoull(argv[2], NULL, 10);
    int replications = atoi(argv[3]);
    for (int i = 0; i < replications; i++) {
        m.run = child(child(m.root, seed), (uint64_t)i);
        double start = cpu_seconds();
        replay();
        double seconds = cpu_seconds() - start, queue = 0.0;
        for (int k = 0; k < m.intervals * m.types; k++) queue += area[k];
        printf("{\"replication\": %d, \"seconds\": %.6f, \"offered\": %" PRId64 ", \"fresh\": %" PRId64
               ", \"redials\": %" PRId64 ", \"repeats\": %" PRId64 ", \"answered\": %" PRId64 ", \"abandoned\": %" PRId64
               ", \"within_20s\": %" PRId64 ", \"sl\": %.6f, \"wait_mean\": %.6f, \"queue_length\": %.6f"
               ", \"spells\": %" PRId64 ", \"events\": %" PRId64 "}\n",
               i, seconds, sum.offered, sum.fresh, sum.redials, sum.repeats, sum.answered, sum.abandoned, sum.within,
               (double)sum.within / (double)sum.offered, sum.wait / (double)sum.offered, queue / m.end, sum.spells,
               sum.events);
    }
    if (rows_file) fclose(rows_file);
    return 0;
}
