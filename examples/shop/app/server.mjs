// The shop: a page, a health check, and orders that outlive it. Plain Node, no dependencies.
import { appendFileSync, readFileSync } from 'node:fs';
import http from 'node:http';

const { SHOP_HOST, SHOP_PORT, SHOP_ORDERS, SHOP_RELEASE } = process.env;

const products = JSON.parse(readFileSync(new URL('products.json', import.meta.url), 'utf8'));
for (const { id, name, price } of products) {
  if (!id || !name) throw new Error('a product needs an id and a name');
  if (!(price >= 0)) throw new Error(`the price of ${id} is ${price}`);
}

function orders() {
  return readFileSync(SHOP_ORDERS, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
}

const server = http.createServer(async (request, response) => {
  try {
    const route = `${request.method} ${request.url.split('?')[0]}`;
    if (route === 'GET /') return send(response, 200, 'text/html', page());
    if (route === 'GET /healthz') return json(response, 200, health());
    if (route === 'GET /orders') return json(response, 200, orders());
    if (route === 'POST /orders') return await takeOrder(request, response);
    return json(response, 404, { error: 'there is no such page' });
  } catch (error) {
    console.error(error);
    return json(response, 500, { error: 'the shop is out of order' });
  }
});

function health() {
  return {
    status: 'ok',
    release: SHOP_RELEASE,
    products: products.length,
    orders: orders().length,
    pid: process.pid,
  };
}

async function takeOrder(request, response) {
  let text = '';
  for await (const chunk of request) {
    text += chunk;
    if (text.length > 10_000) return json(response, 413, { error: 'an order is at most 10,000 characters' });
  }
  const isForm = (request.headers['content-type'] ?? '').startsWith('application/x-www-form-urlencoded');
  const { product, quantity = 1 } = isForm ? Object.fromEntries(new URLSearchParams(text)) : parsed(text);
  const sold = products.find(({ id }) => id === product);
  const count = Number(quantity);
  if (!sold) return json(response, 400, { error: 'there is no such product' });
  if (!(Number.isInteger(count) && count > 0 && count < 100)) {
    return json(response, 400, { error: 'a quantity is 1 to 99' });
  }

  const order = {
    at: new Date().toISOString(),
    product,
    quantity: count,
    price: sold.price,
    release: SHOP_RELEASE,
  };
  appendFileSync(SHOP_ORDERS, `${JSON.stringify(order)}\n`, { flush: true });
  if (!isForm) return json(response, 201, order);
  response.writeHead(303, { location: '/' }).end();
}

function parsed(text) {
  try {
    return JSON.parse(text) ?? {};
  } catch {
    return {};
  }
}

function page() {
  const taken = orders();
  const rows = products.map(
    ({ id, name, price }) => `
      <li>
        <span class="name">${html(name)}</span>
        <span class="price">€ ${price.toFixed(2)}</span>
        <form method="post" action="/orders">
          <input type="hidden" name="product" value="${html(id)}">
          <button>Order</button>
        </form>
      </li>`,
  );
  return `<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>The cairn shop</title>
  <style>
    body { font: 16px/1.5 system-ui, sans-serif; max-width: 34rem; margin: 4rem auto; padding: 0 1rem; color: #222; background: #f6f4f0 }
    ul { list-style: none; padding: 0; background: #fff; border-radius: 8px; box-shadow: 0 1px 4px #0002 }
    li { display: flex; gap: 1rem; align-items: center; padding: .8rem 1.2rem; border-top: 1px solid #eee }
    li:first-child { border-top: 0 }
    .name { flex: 1 }
    .price { font-variant-numeric: tabular-nums }
    button { font: inherit; padding: .3rem .9rem; border: 0; border-radius: 6px; background: #3c6e57; color: #fff; cursor: pointer }
    footer { color: #777; font-size: .9rem }
  </style>
</head>
<body>
  <h1>The cairn shop</h1>
  <p>For those who mark the path.</p>
  <ul>${rows.join('')}
  </ul>
  <footer>Release <b>${html(SHOP_RELEASE)}</b> · <b>${taken.length}</b> order${taken.length === 1 ? '' : 's'} so far</footer>
</body>
</html>
`;
}

function html(text) {
  const codes = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
  return String(text).replace(/[&<>"']/g, (character) => codes[character]);
}

function json(response, status, value) {
  send(response, status, 'application/json', `${JSON.stringify(value)}\n`);
}

function send(response, status, type, body) {
  response.writeHead(status, { 'content-type': `${type}; charset=utf-8` }).end(body);
}

process.on('SIGTERM', () => {
  server.close(() => process.exit(0));
  server.closeAllConnections();
});

orders();
server.listen(Number(SHOP_PORT), SHOP_HOST, () => {
  console.log(`release ${SHOP_RELEASE} listens on ${SHOP_HOST}:${SHOP_PORT}`);
});
