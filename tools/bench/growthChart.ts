import type { EChartsOption, LineSeriesOption } from "echarts";
import { type Growth, summarize } from "./measurement";
import { drawn, FONT, GREY, INK, WIDTH } from "./svg";
import { figure } from "./tables";

const COLUMNS = 2;
const [LEFT, RIGHT, GAP] = [50, 30, 60];
const [HEAD, TITLE, HEIGHT, FOOT] = [40, 30, 190, 50];
/** 1, 2, 5, 10, 20, … */
const ROUND = [-2, -1, 0, 1, 2, 3, 4, 5].flatMap((power) => [1, 2, 5].map((digit) => digit * 10 ** power));
const COLORS = ["#1f6feb", GREY, "#bf8700"];

/** A plot of how costs grow: a panel for each, both axes logarithmic, so that what grows by a power is a straight line. */
export function growthChartOf(title: string, panels: Growth[]): string {
  const rows = Math.ceil(panels.length / COLUMNS);
  return drawn(title, HEAD + rows * (TITLE + HEIGHT + FOOT), optionOf(panels));
}

function optionOf(panels: Growth[]): EChartsOption {
  const width = (WIDTH - LEFT - RIGHT - (COLUMNS - 1) * GAP) / COLUMNS;
  const left = (panel: number) => LEFT + (panel % COLUMNS) * (width + GAP);
  const top = (panel: number) => HEAD + TITLE + Math.floor(panel / COLUMNS) * (TITLE + HEIGHT + FOOT);
  const names = [...new Set(panels.flatMap(({ lines }) => lines.map(({ name }) => name)))];
  return {
    legend: { data: names, top: 8, itemGap: 24, textStyle: { color: INK, fontSize: FONT } },
    title: panels.map(({ what, unit }, panel) => ({
      text: `${what}, ${unit}`,
      left: left(panel),
      top: top(panel) - 26,
      padding: 0,
      textStyle: { fontSize: FONT, color: GREY },
    })),
    grid: panels.map((_, panel) => ({
      left: left(panel),
      top: top(panel),
      width,
      height: HEIGHT,
      outerBoundsMode: "none" as const,
    })),
    xAxis: panels.map(({ lines }, gridIndex) => ({ gridIndex, ...axisOf(sizesOf(lines), sizesOf(lines)) })),
    yAxis: panels.map(({ lines }, gridIndex) => ({ gridIndex, ...axisOf(mediansOf(lines), ROUND) })),
    series: panels.flatMap(({ lines }, panel) =>
      lines.map((line) => seriesOf(line, panel, names.indexOf(line.name), lines[0] === line)),
    ),
  };
}

/** @param above whether the figures stand above the line, or below it where they would meet the first one's */
function seriesOf(line: Growth["lines"][number], panel: number, color: number, above: boolean): LineSeriesOption {
  return {
    name: line.name,
    type: "line",
    silent: true,
    xAxisIndex: panel,
    yAxisIndex: panel,
    symbol: "circle",
    symbolSize: 6,
    color: COLORS[color % COLORS.length] as string,
    data: line.points.map(({ size, row }) => [size, summarize(row.values).median]),
    label: {
      show: true,
      position: above ? "top" : "bottom",
      formatter: ({ value }) => figure((value as number[])[1] ?? Number.NaN),
      fontSize: FONT,
      color: INK,
    },
    labelLayout: { hideOverlap: true },
  };
}

const sizesOf = (lines: Growth["lines"]) => lines.flatMap(({ points }) => points.map(({ size }) => size));

const mediansOf = (lines: Growth["lines"]) =>
  lines.flatMap(({ points }) => points.map(({ row }) => summarize(row.values).median));

/** With room around the values for their figures, and marks at those of some that lie within. */
function axisOf(values: number[], marks: number[]) {
  const [min, max] = [Math.min(...values) / 1.6, Math.max(...values) * 1.6];
  const customValues = [...new Set(marks)].filter((mark) => mark > min && mark < max);
  const axisLabel = { customValues, formatter: (value: number) => figure(value), hideOverlap: true, fontSize: FONT };
  return { type: "log" as const, min, max, axisLabel, axisTick: { customValues }, splitLine: { show: false } };
}
