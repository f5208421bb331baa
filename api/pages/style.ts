/** The pages' only style sheet: calm, readable, light and dark. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --bg: #f7f7f5; --card: #fff; --line: #e2e2dd; --text: #24292c; --quiet: #6c7478; --link: #2a6b4f;
  --good: #24744b; --good-bg: #e3f2e9; --busy: #2563a8; --busy-bg: #e4eefa; --wait: #8a5a00; --wait-bg: #fdf1d7;
  --bad: #b3261e; --bad-bg: #fbe9e7; --back: #6a4bb0; --back-bg: #efeafb; --cold: #1f6f86; --cold-bg: #def1f6; --code: #f0f0ec;
}
@media (prefers-color-scheme: dark) {
  :root {
    --bg: #16191b; --card: #1e2225; --line: #30363a; --text: #dde3e6; --quiet: #8e999f; --link: #7fc5a2;
    --good: #7fd0a3; --good-bg: #17342a; --busy: #86b7ee; --busy-bg: #182c43; --wait: #ecc06b; --wait-bg: #3a2d12;
    --bad: #f39b92; --bad-bg: #3d1f1d; --back: #bda6f2; --back-bg: #2b2344; --cold: #7ccfe4; --cold-bg: #12333d; --code: #15181a;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--bg); color: var(--text); font: 15px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "DejaVu Sans", sans-serif; }
header { display: flex; align-items: center; justify-content: space-between; padding: .9rem 1.5rem; max-width: 72rem; margin: 0 auto; }
.brand { display: flex; gap: .55rem; align-items: center; font-weight: 650; font-size: 1.1rem; color: var(--text); text-decoration: none; }
.brand svg { fill: #5c8a72; }
.who { color: var(--quiet); }
main { max-width: 72rem; margin: 0 auto; padding: .5rem 1.5rem 4rem; }
section { margin: 0 0 1.75rem; }
h1 { font-size: 1.45rem; line-height: 1.3; margin: 0 0 .4rem; }
h1 .quiet, h2 .quiet { font-weight: 400; }
h2 { font-size: 1.08rem; margin: 0 0 .6rem; }
h3 { font-size: 1.05rem; margin: 0; overflow-wrap: anywhere; }
p { margin: .4rem 0; }
a { color: var(--link); text-decoration: none; }
a:hover { text-decoration: underline; }
a.plain { color: inherit; }
.lead { color: var(--quiet); margin: 0 0 .9rem; overflow-wrap: anywhere; }
.quiet { color: var(--quiet); }
.nowrap, time { white-space: nowrap; }
.line { display: flex; gap: .75rem; align-items: baseline; justify-content: space-between; }
.line > .badge, .badges { flex: none; }
.badges { display: inline-flex; flex-wrap: wrap; gap: .4rem; justify-content: flex-end; }
.grid { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fill, minmax(20rem, 1fr)); margin-top: .9rem; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 1rem 1.2rem; min-width: 0; }
.card.is-bad { border-left: 4px solid var(--bad); }
.card.is-frozen { border-left: 4px solid var(--cold); }
.drift-text { color: var(--wait); overflow-wrap: anywhere; }
.frozen-text { color: var(--cold); overflow-wrap: anywhere; }
.card.is-back { border-left: 4px solid var(--back); }
section.ask { border-left: 4px solid var(--wait); }
article .ask { border-top: 1px solid var(--line); margin-top: .8rem; padding-top: .5rem; }
.card > dl:first-child, .card > p:first-child { margin-top: 0; }
.narrow { max-width: 32rem; margin: 3rem auto; }
.reason { color: var(--bad); overflow-wrap: anywhere; }
.note { color: var(--quiet); }
.problem { background: var(--bad-bg); color: var(--bad); border-radius: 8px; padding: .6rem .9rem; overflow-wrap: anywhere; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .15rem 1rem; margin: .7rem 0 0; }
dt { color: var(--quiet); }
dd { margin: 0; min-width: 0; overflow-wrap: anywhere; }
dl.facts { display: flex; flex-wrap: wrap; gap: .4rem 2.2rem; margin: 0; }
dl.facts div { display: flex; gap: .5rem; max-width: 100%; }
dl.facts dt { white-space: nowrap; }
.badge { display: inline-block; border-radius: 99px; padding: .05rem .65rem; font-size: .84rem; white-space: nowrap; background: var(--code); color: var(--quiet); }
.badge.good { background: var(--good-bg); color: var(--good); }
.badge.busy { background: var(--busy-bg); color: var(--busy); }
.badge.wait { background: var(--wait-bg); color: var(--wait); }
.badge.bad { background: var(--bad-bg); color: var(--bad); }
.badge.cold { background: var(--cold-bg); color: var(--cold); }
.badge.back { background: var(--back-bg); color: var(--back); }
code, pre { font: .88em/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; }
code { background: var(--code); border-radius: 4px; padding: .05em .35em; }
pre { background: var(--code); border-radius: 8px; padding: .75rem .9rem; margin: .5rem 0; overflow-x: auto; }
pre.commands { white-space: pre-wrap; overflow-wrap: anywhere; }
pre.command { white-space: pre-wrap; overflow-wrap: anywhere; user-select: all; border: 1px dashed var(--line); }
pre.error { white-space: pre-wrap; overflow-wrap: anywhere; color: var(--bad); background: var(--bad-bg); }
pre.output { white-space: pre-wrap; overflow-wrap: anywhere; max-height: 40rem; overflow-y: auto; }
pre.log { white-space: pre-wrap; overflow-wrap: anywhere; min-height: 8rem; background: var(--card); border: 1px solid var(--line); }
.scroll { overflow-x: auto; background: var(--card); border: 1px solid var(--line); border-radius: 10px; }
table { border-collapse: collapse; width: 100%; }
th { text-align: left; font-weight: 500; color: var(--quiet); font-size: .86rem; }
th, td { padding: .5rem .9rem; vertical-align: top; }
tbody tr + tr td, thead + tbody tr td { border-top: 1px solid var(--line); }
/* The one column that takes what room there is: its text is cut, the table never is. */
.runs td.what { width: 100%; max-width: 0; min-width: 14rem; }
.runs td.what > * { display: block; }
.clip { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
table.projects td:first-child { overflow-wrap: anywhere; }
tr.is-bad td:first-child { border-left: 4px solid var(--bad); }
ul.left { margin: .3rem 0; padding-left: 1.1rem; }
ul.left code { overflow-wrap: anywhere; }
.stack td:first-child { overflow-wrap: anywhere; min-width: 12rem; }
.runs td.number { min-width: 0; }
section > .line { margin-bottom: .6rem; }
.ephemerals details > summary { padding: .6rem .2rem; }
.risk { color: var(--wait); }
.risk::before { content: "! "; font-weight: 700; }
.counts { display: inline-flex; gap: .7rem; font-variant-numeric: tabular-nums; }
.add { color: var(--good); } .change { color: var(--wait); } .destroy { color: var(--bad); }
details > summary { cursor: pointer; padding: .3rem 0; }
details.diff { margin-top: .75rem; background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: .3rem 1rem; }
details.diff summary .counts { margin-left: .8rem; }
details.diff pre { margin: .3rem -0.4rem .7rem; }
ul.jobs { list-style: none; margin: 0; padding: 0; display: flex; flex-wrap: wrap; gap: .4rem 1.6rem; }
ol.timeline { list-style: none; margin: 0; padding: 0 0 0 .3rem; }
ol.timeline li { position: relative; display: flex; gap: .2rem 1rem; padding: 0 0 .7rem 1.2rem; border-left: 2px solid var(--line); overflow-wrap: anywhere; }
ol.timeline li::before { content: ""; position: absolute; left: -6px; top: .5em; width: 10px; height: 10px; border-radius: 50%; background: var(--link); }
ol.timeline li:last-child { border-color: transparent; }
ol.timeline li.approval-wanted::before { background: var(--wait); }
ol.timeline li.rollback-started::before, ol.timeline li.revert-opened::before { background: var(--back); }
ol.timeline .at { color: var(--quiet); flex: none; min-width: 6.5rem; }
ol.timeline li span { min-width: 0; }
form { display: grid; gap: .5rem; margin-top: 1rem; }
input, button { font: inherit; color: inherit; padding: .5rem .7rem; border: 1px solid var(--line); border-radius: 8px; background: var(--bg); }
button { background: #3f7a5d; border-color: transparent; color: #fff; cursor: pointer; }
@media (max-width: 40rem) { header, main { padding-left: 1rem; padding-right: 1rem; } .grid { grid-template-columns: 1fr; }
  .line { flex-wrap: wrap; }
  ol.timeline li { flex-direction: column; }
  .stack, .stack tbody, .stack tr { display: block; }
  .stack thead { display: none; }
  .stack tr { padding: .55rem .9rem; }
  .stack tr.is-bad { border-left: 4px solid var(--bad); }
  .stack tr.is-bad td { border-left: 0; }
  .stack td { display: inline-block; padding: .08rem .4rem .08rem 0; font-size: .92em; white-space: normal; overflow-wrap: anywhere; }
  .stack td:last-child { padding-right: 0; }
  .stack td:first-child, .stack td.what { display: block; width: auto; max-width: none; min-width: 0; padding-right: 0; font-size: 1em; }
  .stack td.number { float: left; margin-right: .5rem; }
  .runs .clip { white-space: normal; }
  .stack tbody tr td, .stack thead + tbody tr td { border-top: 0; }
  .stack tbody tr + tr { border-top: 1px solid var(--line); }
  .stack td[data-label="Ends in"]::before { content: "ends in: "; color: var(--quiet); }
}
`;
