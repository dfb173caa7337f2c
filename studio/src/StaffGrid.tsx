/** The staffing grid: a row for each team, a column for each interval; copies to and pastes from Excel. */

import {
  CompactSelection,
  DataEditor,
  GridCellKind,
  type EditListItem,
  type GridCell,
  type GridColumn,
  type GridKeyEventArgs,
  type GridSelection,
  type Item,
  type Theme,
} from "@glideapps/glide-data-grid";
import "@glideapps/glide-data-grid/dist/index.css";
import { memo, useCallback, useMemo, useState } from "react";
import { block, moved } from "./cells";
import { clock } from "./format";
import type { Palette } from "./theme";
import type { Cell, Plan } from "./types";

export const ROW = 27;
const HEAD = 28;
const MOST_SHOWN = 24; // rows, before the grid scrolls by itself

interface Props {
  plan: Plan;
  required: (number | null)[] | undefined;
  times: number[];
  missed: Set<number>;
  palette: Palette;
  nameWidth: number;
  cellWidth: number;
  onEdit: (cells: Cell[]) => void;
  onRefuse: (message: string) => void;
}

const PLAIN = { baseFontStyle: "13px" }; // whatever the column has for its head
const NONE: GridSelection = { columns: CompactSelection.empty(), rows: CompactSelection.empty() };

function themeOf(palette: Palette): Partial<Theme> {
  return {
    accentColor: palette.value,
    accentFg: palette.paper,
    accentLight: palette.band,
    textDark: palette.ink,
    textMedium: palette.faint,
    textLight: palette.faint,
    textHeader: palette.faint,
    textHeaderSelected: palette.paper,
    bgCell: palette.paper,
    bgCellMedium: palette.panel,
    bgHeader: palette.panel,
    bgHeaderHasFocus: palette.line,
    bgHeaderHovered: palette.line,
    borderColor: palette.line,
    horizontalBorderColor: palette.line,
    drilldownBorder: palette.line,
    fontFamily: "system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif",
    baseFontStyle: "13px",
    headerFontStyle: "500 11px",
    editorFontSize: "13px",
    cellHorizontalPadding: 6,
    cellVerticalPadding: 2,
  };
}

/** A cell of the last row: agents that the targets need. */
function needed(required: (number | null)[] | undefined, t: number | undefined, palette: Palette): GridCell {
  const shown = t === undefined ? "Required (Erlang)" : String(required?.[t] ?? "");
  const look = { bgCell: palette.panel, textDark: palette.faint, ...PLAIN };
  return { kind: GridCellKind.Text, data: shown, displayData: shown, contentAlign: t === undefined ? "left" : "right", allowOverlay: false, readonly: true, themeOverride: look };
}

export const StaffGrid = memo(function StaffGrid({ plan, required, times, missed, palette, nameWidth, cellWidth, onEdit, onRefuse }: Props) {
  const [selection, setSelection] = useState<GridSelection>(NONE);
  const rows = plan.groups.length + 2;
  const theme = useMemo(() => themeOf(palette), [palette]);

  const columns = useMemo<GridColumn[]>(() => {
    const head = { id: "team", title: "Team", width: nameWidth };
    const hours = times.map((t) => {
      const at = clock(plan.labels[t]);
      const title = cellWidth >= 42 ? at : at.endsWith("00") ? at.slice(0, 2) : "";
      return {
        id: plan.labels[t],
        title,
        width: cellWidth,
        themeOverride: missed.has(t) ? { textHeader: palette.miss, baseFontStyle: "600 11px" } : undefined,
      };
    });
    return [head, ...hours];
  }, [plan.labels, times, missed, palette, nameWidth, cellWidth]);

  const content = useCallback(
    ([column, row]: Item): GridCell => {
      const group = plan.groups[row];
      if (row > plan.groups.length) return needed(required, column === 0 ? undefined : times[column - 1], palette);
      if (column === 0) {
        const name = group ? group.name : "All teams";
        return {
          kind: GridCellKind.Text,
          data: name,
          displayData: group?.locked ? `${name}  (fixed)` : name,
          allowOverlay: false,
          readonly: true,
          themeOverride: { bgCell: palette.panel, ...(group ? {} : { baseFontStyle: "600 13px" }) },
        };
      }
      const t = times[column - 1];
      const value = group ? plan.values[row][t] : plan.values.reduce((sum, one) => sum + one[t], 0);
      const shown = Number.isInteger(value) ? String(value) : value.toFixed(1);
      const common = { kind: GridCellKind.Number, data: value, displayData: shown, contentAlign: "right" } as const;
      if (!group) {
        const look = { bgCell: palette.panel, baseFontStyle: "600 13px" };
        return { ...common, allowOverlay: false, readonly: true, themeOverride: look };
      }
      if (group.locked) {
        return { ...common, allowOverlay: false, readonly: true, themeOverride: { bgCell: palette.panel, textDark: palette.faint, ...PLAIN } };
      }
      const changed = value !== group.saved[t];
      const look = changed ? { bgCell: palette.changed, baseFontStyle: "700 13px" } : PLAIN;
      return { ...common, allowOverlay: true, themeOverride: look };
    },
    [plan, required, times, palette],
  );

  const put = useCallback(
    (items: readonly EditListItem[]) => {
      const cells: Cell[] = [];
      for (const { location, value } of items) {
        const group = plan.groups[location[1]];
        if (location[0] === 0 || !group || group.locked || value.kind !== GridCellKind.Number) continue;
        const agents = value.data ?? 0;
        if (agents !== plan.values[location[1]][times[location[0] - 1]]) {
          cells.push([group.name, plan.labels[times[location[0] - 1]], agents]);
        }
      }
      onEdit(cells);
      return true;
    },
    [plan, times, onEdit],
  );

  const paste = useCallback(
    ([column, row]: Item, values: readonly (readonly string[])[]) => {
      const told = block(plan, times, column - 1, row, values);
      if (typeof told === "string") onRefuse(told);
      else onEdit(told);
      return false;
    },
    [plan, times, onEdit, onRefuse],
  );

  const key = useCallback(
    (event: GridKeyEventArgs) => {
      const range = selection.current?.range;
      if (!range || event.ctrlKey || event.metaKey || (event.key !== "+" && event.key !== "-")) return;
      event.cancel();
      onEdit(moved(plan, times, range.x - 1, range.y, range.width, range.height, event.key === "+" ? 1 : -1));
    },
    [selection, plan, times, onEdit],
  );

  const height = HEAD + Math.min(rows, MOST_SHOWN) * ROW + 2;
  return (
    <div className="staff-grid" data-testid="staff-grid" data-cell-width={cellWidth} data-cell={selection.current?.cell.join()}>
      <DataEditor
        columns={columns}
        rows={rows}
        width={nameWidth + times.length * cellWidth + 2}
        height={height}
        rowHeight={ROW}
        headerHeight={HEAD}
        freezeColumns={1}
        getCellContent={content}
        getCellsForSelection={true}
        onCellsEdited={put}
        onPaste={paste}
        onKeyDown={key}
        fillHandle={true}
        allowedFillDirections="any"
        rangeSelect="rect"
        columnSelect="none"
        rowSelect="none"
        gridSelection={selection}
        onGridSelectionChange={setSelection}
        smoothScrollX={true}
        smoothScrollY={true}
        theme={theme}
        freezeTrailingRows={2}
        keybindings={{ search: false }}
      />
    </div>
  );
});
