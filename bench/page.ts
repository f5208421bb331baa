import { readFile, writeFile } from 'node:fs/promises';
import os from 'node:os';
import { fileURLToPath } from 'node:url';

/** What figures were measured on, and when. */
export function machine(): string {
  const cpu = os.cpus()[0]?.model.trim() ?? 'unknown processor';
  const memory = `${Math.round(os.totalmem() / 2 ** 30)} GiB`;
  return `${os.availableParallelism()} cores (${cpu}), ${memory}, ${os.type()} ${os.release()}, Node ${process.version}; ${new Date().toISOString().slice(0, 10)}.`;
}

/** Puts a text into docs/benchmarks.md, between `<!-- NAME -->` and `<!-- /NAME -->`. */
export async function writeBetween(name: string, text: string): Promise<void> {
  const file = fileURLToPath(new URL('../docs/benchmarks.md', import.meta.url));
  const page = await readFile(file, 'utf8');
  const marks = new RegExp(`<!-- ${name} -->[\\s\\S]*<!-- /${name} -->`);
  if (!marks.test(page)) throw new Error(`${file} has no <!-- ${name} --> … <!-- /${name} -->.`);
  await writeFile(
    file,
    page.replace(marks, () => `<!-- ${name} -->\n${text}\n<!-- /${name} -->`),
  );
}
