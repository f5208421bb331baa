/** The one style sheet of the forge's pages, for light and dark. */
export const STYLE = `
:root { color-scheme: light dark; --bg: #fff; --soft: #f6f8fa; --line: #d1d9e0; --text: #1f2328; --dim: #59636e;
  --link: #0969da; --good: #1a7f37; --bad: #cf222e; --wait: #9a6700; --done: #8250df;
  --add: #dafbe1; --del: #ffebe9; --mod: #fff8c5; --at: #ddf4ff; }
@media (prefers-color-scheme: dark) { :root { --bg: #0d1117; --soft: #161b22; --line: #3d444d; --text: #e6edf3;
  --dim: #9198a1; --link: #4493f8; --good: #3fb950; --bad: #f85149; --wait: #d29922; --done: #ab7df8;
  --add: #12361f; --del: #3f1a1d; --mod: #3a2d08; --at: #12263f; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--bg); color: var(--text);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", "Liberation Sans", sans-serif; }
a { color: var(--link); text-decoration: none; } a:hover { text-decoration: underline; }
header.top { background: var(--soft); border-bottom: 1px solid var(--line); padding: 12px 24px; font-weight: 600; }
header.top .dim { float: right; font-weight: 400; }
main { max-width: 1040px; margin: 24px auto; padding: 0 24px; }
h1 { font-size: 26px; font-weight: 500; margin: 0 0 8px; overflow-wrap: anywhere; }
h1 .number { color: var(--dim); } h2 { font-size: 17px; margin: 28px 0 8px; }
.dim { color: var(--dim); } .small { font-size: 13px; }
code, pre, .mono { font-family: ui-monospace, "SF Mono", Menlo, "DejaVu Sans Mono", monospace; font-size: 12.5px; }
code { background: var(--soft); border-radius: 5px; padding: 2px 5px; }
pre { background: var(--soft); border-radius: 6px; padding: 12px; overflow-x: auto; line-height: 1.45; }
pre code { background: none; padding: 0; display: block; width: max-content; min-width: 100%; }
pre.diff span { display: inline-block; width: 100%; }
.add { background: var(--add); } .del { background: var(--del); } .mod { background: var(--mod); }
.at { background: var(--at); color: var(--dim); }
.box { border: 1px solid var(--line); border-radius: 6px; margin: 12px 0; overflow: hidden; }
.box > .head { background: var(--soft); border-bottom: 1px solid var(--line); padding: 8px 14px; }
.box > .head:last-child { border-bottom: 0; }
.box > .body { padding: 12px 16px; overflow-wrap: anywhere; }
.row { display: flex; gap: 12px; align-items: baseline; padding: 8px 14px; border-top: 1px solid var(--line); }
.row:first-child, .head + .row { border-top: 0; } .row .grow { flex: 1; min-width: 0; overflow-wrap: anywhere; }
.badge { border-radius: 999px; color: #fff; padding: 3px 11px; font-size: 13px; font-weight: 600; }
.badge.open { background: #1f883d; } .badge.merged { background: #8250df; } .badge.closed { background: #cf222e; }
.badge.draft { background: #59636e; }
.good { color: var(--good); } .bad { color: var(--bad); } .wait { color: var(--wait); } .done { color: var(--done); }
.avatar { border-radius: 50%; vertical-align: -5px; margin-right: 6px; }
.markdown > :first-child { margin-top: 0; } .markdown > :last-child { margin-bottom: 0; }
.markdown table { border-collapse: collapse; display: block; overflow-x: auto; }
.markdown th, .markdown td { border: 1px solid var(--line); padding: 5px 12px; overflow-wrap: normal; }
.markdown table code { white-space: nowrap; } .markdown td:last-child { min-width: 9rem; }
.markdown tr:nth-child(2n) td { background: var(--soft); }
.markdown blockquote { border-left: 4px solid var(--line); color: var(--dim); margin: 0; padding: 0 14px; }
.markdown blockquote.alert { color: inherit; border-left-color: var(--link); margin: 10px 0; } .note { color: var(--link); }
.markdown .alert > p { margin: 4px 0; } .markdown .bad-line { border-color: var(--bad); } .markdown .wait-line { border-color: var(--wait); }
.markdown .good-line { border-color: var(--good); } .markdown .done-line { border-color: var(--done); }
.markdown summary { cursor: pointer; } .markdown details { margin: 8px 0; }
.markdown h1, .markdown h2 { border-bottom: 1px solid var(--line); padding-bottom: 4px; }
.react { border: 1px solid var(--line); border-radius: 999px; padding: 1px 9px; font-size: 13px; margin-right: 6px; }
textarea { width: 100%; min-height: 92px; padding: 10px; border: 1px solid var(--line); border-radius: 6px;
  background: var(--bg); color: var(--text); font: 13px/1.5 ui-monospace, "DejaVu Sans Mono", monospace; }
input[name=title] { flex: 1; min-width: 12rem; font: inherit; padding: 5px 10px; border: 1px solid var(--line); border-radius: 6px;
  background: var(--bg); color: var(--text); }
select, button { font: inherit; padding: 5px 14px; border-radius: 6px; border: 1px solid var(--line);
  background: var(--soft); color: var(--text); }
button.go { background: #1f883d; border-color: #1f883d; color: #fff; font-weight: 600; cursor: pointer; }
.line { display: flex; gap: 10px; align-items: center; margin-top: 8px; flex-wrap: wrap; }
@media (max-width: 600px) {
  main { padding: 0 14px; } header.top { padding: 12px 14px; }
  .row { flex-wrap: wrap; gap: 4px 12px; } .row .grow { flex-basis: 70%; }
}
`;
