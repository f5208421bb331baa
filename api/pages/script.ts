/**
 * The pages' few lines of script. Both work without: then the page shows what was when it was loaded.
 * Text from outside is only ever set as text, or comes as a page that the server has escaped.
 */

/** Loads the page's `<main>` again when something happened, and leaves folded and unfolded as it was. */
export const FOLLOW_RUN = `
const { follow, seq } = document.body.dataset;
if (follow) {
  const source = new EventSource(follow + '?after=' + seq);
  let first = true, again = null;
  const reload = async () => {
    again = null;
    const answer = await fetch(location.href);
    if (!answer.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
    const folded = new Map([...document.querySelectorAll('details')].map((d) => [d.id, d.open]));
    const main = document.querySelector('main');
    main.replaceChildren(...page.querySelector('main').childNodes);
    for (const d of main.querySelectorAll('details')) d.open = folded.get(d.id) ?? d.open;
    document.title = page.title;
  };
  const soon = () => { again ??= setTimeout(reload, 150); };
  source.addEventListener('status', soon);
  source.addEventListener('run', () => { if (!first) soon(); first = false; });
  source.addEventListener('end', () => { source.close(); soon(); });
}
`;

/** Adds to the log as it is written, and stays at its end if that is where the reader is. */
export const FOLLOW_LOG = `
const { follow, offset } = document.body.dataset;
if (follow) {
  const log = document.getElementById('log'), live = document.getElementById('live');
  const source = new EventSource(follow + '?offset=' + offset);
  source.addEventListener('log', (event) => {
    const atEnd = innerHeight + scrollY >= document.body.scrollHeight - 40;
    log.append(JSON.parse(event.data).text);
    if (atEnd) scrollTo(0, document.body.scrollHeight);
  });
  source.addEventListener('end', () => { source.close(); live.textContent = 'ended'; live.className = 'badge quiet'; });
}
`;
