import type { ChatMessage, Ports } from '../../ports.ts';
import type { RunDocument } from '../../runs/document.ts';
import type { StatusEvent } from '../event.ts';

export type SlackSink = Pick<Ports, 'runs' | 'artifacts' | 'links' | 'sent' | 'chat' | 'source'>;

/** What a channel reads of an event; null: nothing. */
export type SlackOf = (event: StatusEvent, doc: RunDocument, ports: SlackSink) => Promise<ChatMessage | null>;
