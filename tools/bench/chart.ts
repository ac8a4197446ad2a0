import type { BarSeriesOption, CustomSeriesOption, EChartsOption } from "echarts";
import { type Measurement, type Row, summarize } from "./measurement";
import { drawn, FONT, GREY, INK } from "./svg";
import { figure } from "./tables";

const LABELS = 320;
const FIGURES = 70;
/** With room for a label of two lines. */
const BAR = 32;
const HEAD = 30;
const FOOT = 30;

/** A plot of all rows, as SVG: one scale for each unit, a bar to the median, and a line from the least to the most. */
export function chartOf({ title, rows }: Measurement): string {
  const units = [...new Set(rows.map(({ unit }) => unit))];
  const panels = units.map((unit) => rows.filter((row) => row.unit === unit));
  const height = panels.reduce((sum, panel) => sum + heightOf(panel), 0);
  return drawn(title, height, optionOf(panels));
}

function heightOf(panel: Row[]): number {
  return HEAD + panel.length * BAR + FOOT;
}

function optionOf(panels: Row[][]): EChartsOption {
  const tops = panels.map((_, i) => panels.slice(0, i).reduce((sum, panel) => sum + heightOf(panel), HEAD));
  return {
    title: panels.map((panel, i) => ({
      text: panel[0]?.unit ?? "",
      left: LABELS,
      top: (tops[i] ?? 0) - 20,
      padding: 0,
      textStyle: { fontSize: FONT, color: GREY },
    })),
    grid: panels.map((panel, i) => ({
      top: tops[i] ?? 0,
      left: LABELS,
      right: FIGURES,
      height: panel.length * BAR,
      containLabel: false,
    })),
    yAxis: panels.map((panel, gridIndex) => ({
      gridIndex,
      type: "category",
      inverse: true,
      data: panel.map(({ what }) => what.replaceAll("`", "")),
      axisTick: { show: false },
      axisLine: { onZero: false },
      // Wider in a browser's font than by the estimate here.
      axisLabel: { width: LABELS - 60, overflow: "break", fontSize: FONT, lineHeight: 14, color: INK },
    })),
    xAxis: panels.map((_, gridIndex) => ({
      gridIndex,
      type: "value",
      axisLabel: { hideOverlap: true, fontSize: FONT },
    })),
    series: panels.flatMap((panel, i) => seriesOf(panel, i)),
  };
}

function seriesOf(panel: Row[], index: number): (BarSeriesOption | CustomSeriesOption)[] {
  const place = { xAxisIndex: index, yAxisIndex: index, silent: true };
  const summaries = panel.map(({ values }) => summarize(values));
  const spread: CustomSeriesOption = {
    ...place,
    type: "custom",
    encode: { x: [0, 1], y: 2 },
    data: summaries.map(({ min, max }, row) => [min, max, row]),
    renderItem: ({ dataIndex }, api) => {
      const [from = 0, y = 0] = api.coord([api.value(0), api.value(2)]);
      const [to = 0] = api.coord([api.value(1), api.value(2)]);
      const line = (x1: number, y1: number, x2: number, y2: number) => ({
        type: "line" as const,
        shape: { x1, y1, x2, y2 },
        style: { stroke: INK, lineWidth: 1.5 },
      });
      const text = figure(summaries[dataIndex]?.median ?? Number.NaN);
      const median = {
        type: "text" as const,
        style: {
          text,
          x: to + 8,
          y,
          fill: INK,
          font: `${FONT}px system-ui, sans-serif`,
          verticalAlign: "middle" as const,
        },
      };
      const ends = [line(from, y - 4, from, y + 4), line(to, y - 4, to, y + 4)];
      return { type: "group", children: [line(from, y, to, y), ...ends, median] };
    },
  };
  const bars: BarSeriesOption = {
    ...place,
    type: "bar",
    barWidth: "60%",
    itemStyle: { color: "#8fb8de" },
    data: summaries.map(({ median }) => median),
  };
  return [bars, spread];
}
