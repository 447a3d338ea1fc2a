/** The style of the page: that of the status page, with a chart. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --ground: #f6f7f9; --card: #ffffff; --ink: #1a2029; --faint: #596475; --line: #dde1e7;
  --now: #b3261e; --front: #0b5cad; --chosen: #11703c; --beaten: #a7b0bd; --poor: #8a4b00;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #11151b; --card: #1a2029; --ink: #e8ebf0; --faint: #a0abba; --line: #2f3846;
    --now: #ff9d95; --front: #8cc2fb; --chosen: #77d99b; --beaten: #5c6878; --poor: #f5bd6c;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0 auto; padding: 1.5rem; max-width: 78rem; background: var(--ground); color: var(--ink);
  font: 15px/1.45 system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif;
}
header { display: flex; flex-wrap: wrap; align-items: baseline; gap: 0.25rem 1rem; margin-bottom: 1.25rem; }
h1 { margin: 0; font-size: 1.5rem; line-height: 1.2; }
h2 { margin: 0 0 0.75rem; font-size: 1.05rem; }
.path { margin: 0; color: var(--faint); overflow-wrap: anywhere; }
dl { display: flex; flex-wrap: wrap; gap: 0.25rem 1.5rem; margin: 0 0 0 auto; }
dt { color: var(--faint); font-size: 0.8rem; }
dd { margin: 0; font-variant-numeric: tabular-nums; }
section { margin-bottom: 1rem; padding: 1rem 1.25rem; background: var(--card); border: 1px solid var(--line); border-radius: 8px; }
p { margin: 0 0 0.75rem; }
.lead { font-size: 1.05rem; }
.faint, footer { color: var(--faint); font-size: 0.85rem; }
.warning { color: var(--poor); font-weight: 600; }
.wide { overflow-x: auto; }
svg { display: block; width: 100%; min-width: 600px; height: auto; }
svg text { fill: var(--ink); font-size: 13px; }
svg .tick, svg .title { fill: var(--faint); font-size: 12px; }
svg .grid { stroke: var(--line); }
svg .axis { stroke: var(--faint); }
svg .front-line { fill: none; stroke: var(--front); stroke-width: 1.5; stroke-dasharray: 4 4; opacity: 0.7; }
svg circle { stroke: var(--card); stroke-width: 2; }
svg .beaten circle { fill: var(--beaten); }
svg .front circle { fill: var(--front); }
svg .suggested circle { fill: var(--chosen); }
svg .now circle { fill: var(--card); stroke: var(--now); stroke-width: 4; }
svg .now text { fill: var(--now); font-weight: 700; }
svg .suggested text { fill: var(--chosen); font-weight: 700; }
table { width: 100%; border-collapse: collapse; font-variant-numeric: tabular-nums; white-space: nowrap; }
th, td { padding: 0.3rem 0.5rem; font-size: 0.875rem; text-align: right; border-bottom: 1px solid var(--line); }
th { color: var(--faint); font-size: 0.8rem; font-weight: 600; }
.name { text-align: left; }
details { margin-top: 0.75rem; }
summary { color: var(--faint); cursor: pointer; }
tr:last-child td { border-bottom: 0; }
tr.now td { font-weight: 700; }
tr.now td:nth-child(2) { color: var(--now); }
tr.suggested td:nth-child(2) { color: var(--chosen); font-weight: 700; }
tr.front td:nth-child(2) { color: var(--front); }
tr.beaten td { color: var(--faint); }
`
