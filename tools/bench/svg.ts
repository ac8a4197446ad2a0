import { type EChartsOption, init } from "echarts";

export const INK = "#1f2328";
export const GREY = "#59636e";
/** Of about the width at which a page shows it, so that its letters have the size of the page's. */
export const WIDTH = 720;
export const FONT = 13;

/** What echarts adds for a pointer, with names that count its plots. */
const HOVER = /<style[^>]*>[\s\S]*?<\/style>\s*/;

/** In the names of clip paths: of the plots that this process drew before. */
const COUNT = /\bzr\d+-/g;

/** It has no ground of its own, and is as light or dark as the page around it. */
const DARK =
  '<style>@media (prefers-color-scheme: dark){text,path[fill="#1f2328"]{fill:#f0f6fc}[stroke="#1f2328"],[stroke="#54555a"],[stroke="#59636e"]{stroke:#9198a1}path[fill="#59636e"]{fill:#9198a1}[stroke="#dbdee4"]{stroke:#30363d}}</style>';

/** The same option draws the same text, so that a plot changes in a commit only with its figures. */
export function drawn(title: string, height: number, option: EChartsOption): string {
  const chart = init(null, null, { renderer: "svg", ssr: true, width: WIDTH, height });
  try {
    chart.setOption({
      animation: false,
      backgroundColor: "transparent",
      textStyle: { fontFamily: "system-ui, sans-serif", color: INK },
      ...option,
    });
    return chart
      .renderToSVGString()
      .replace(HOVER, "")
      .replace(/<svg [^>]*>/, (tag) => `${tag}\n<title>${escaped(title)}</title>\n${DARK}`)
      .replace(/ class="zr[^"]*"/g, "")
      .replace(COUNT, "");
  } finally {
    chart.dispose();
  }
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}
