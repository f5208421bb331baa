import { createServer, type IncomingMessage, request } from 'node:http';
import { listen } from '../../support/http.ts';

export interface Call {
  method: string;
  /** Bucket and key, with the query. */
  url: string;
  /** Access key that the request is signed with. */
  accessKey: string;
  headers: IncomingMessage['headers'];
  /** Of requests that are no object of S3. */
  body: string;
}

/** Stands before an emulator of AWS: writes down each request, and can refuse some of them as S3 would. */
export interface AwsProxy {
  endpoint: string;
  calls: Call[];
  /** Requests for which it answers true get 403. */
  refuse: (call: Call) => boolean;
  close(): Promise<void>;
}

const REFUSAL =
  '<?xml version="1.0" encoding="UTF-8"?><Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>';

export async function startProxy(port: number): Promise<AwsProxy> {
  const proxy: AwsProxy = { endpoint: '', calls: [], refuse: () => false, close: async () => undefined };
  const server = createServer((incoming, answer) => {
    const call: Call = {
      method: incoming.method ?? '',
      url: decodeURIComponent(incoming.url ?? ''),
      accessKey: /Credential=([^/]+)\//.exec(incoming.headers.authorization ?? '')?.[1] ?? '',
      headers: incoming.headers,
      body: '',
    };
    proxy.calls.push(call);
    if (proxy.refuse(call)) {
      incoming.resume();
      answer.writeHead(403, { 'content-type': 'application/xml' }).end(call.method === 'HEAD' ? '' : REFUSAL);
      return;
    }
    const { method, headers, url: path } = incoming;
    const onward = request({ port, host: '127.0.0.1', method, headers, path }, (reply) => {
      answer.writeHead(reply.statusCode ?? 500, reply.headers);
      reply.pipe(answer);
    });
    onward.on('error', () => answer.destroy());
    if (call.url === '/') {
      incoming.on('data', (chunk) => {
        call.body += String(chunk);
      });
    }
    incoming.pipe(onward);
  });
  const { url: endpoint, close } = await listen(server);
  return Object.assign(proxy, { endpoint, close });
}
