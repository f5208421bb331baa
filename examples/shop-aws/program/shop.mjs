// The shop: a page, a health check, and orders that outlive it. The SDK is part of Lambda's runtime.
import { readFileSync } from 'node:fs';
import { DynamoDBClient, PutItemCommand, QueryCommand } from '@aws-sdk/client-dynamodb';
import { page } from './page.mjs';

const { SHOP_TABLE, SHOP_RELEASE } = process.env;
const table = new DynamoDBClient({});

const products = JSON.parse(readFileSync(new URL('products.json', import.meta.url), 'utf8'));
for (const { id, name, price } of products) {
  if (!id || !name) throw new Error('a product needs an id and a name');
  if (!(price >= 0)) throw new Error(`the price of ${id} is ${price}`);
}

/** What a function URL sends, and what it wants: payload format 2.0. */
export async function handler(event) {
  const route = `${event.requestContext.http.method} ${event.rawPath}`;
  try {
    if (route === 'GET /') return answer(200, 'text/html', page(products, await count(), SHOP_RELEASE));
    if (route === 'GET /healthz')
      return json(200, { status: 'ok', release: SHOP_RELEASE, orders: await count() });
    if (route === 'POST /orders') return await takeOrder(event);
    return json(404, { error: 'there is no such page' });
  } catch (error) {
    console.error(error);
    return json(500, { error: 'the shop is out of order' });
  }
}

async function takeOrder({ body = '', isBase64Encoded, headers, requestContext }) {
  const text = isBase64Encoded ? Buffer.from(body, 'base64').toString('utf8') : body;
  if (text.length > 10_000) return json(413, { error: 'an order is at most 10,000 characters' });
  const isForm = (headers['content-type'] ?? '').startsWith('application/x-www-form-urlencoded');
  const { product, quantity = 1 } = isForm ? Object.fromEntries(new URLSearchParams(text)) : parsed(text);
  const sold = products.find(({ id }) => id === product);
  const pieces = Number(quantity);
  if (!sold) return json(400, { error: 'there is no such product' });
  if (!(Number.isInteger(pieces) && pieces > 0 && pieces < 100)) {
    return json(400, { error: 'a quantity is 1 to 99' });
  }

  const at = `${new Date().toISOString()}#${requestContext.requestId}`;
  await table.send(
    new PutItemCommand({
      TableName: SHOP_TABLE,
      Item: {
        shop: { S: 'orders' },
        at: { S: at },
        product: { S: sold.id },
        quantity: { N: String(pieces) },
        price: { N: String(sold.price) },
        release: { S: SHOP_RELEASE },
      },
      // The same request twice is one order.
      ConditionExpression: 'attribute_not_exists(shop)',
    }),
  );
  if (isForm) return { statusCode: 303, headers: { location: '/' } };
  return json(201, { at, product: sold.id, quantity: pieces, price: sold.price, release: SHOP_RELEASE });
}

async function count() {
  let orders = 0;
  let start;
  do {
    const found = await table.send(
      new QueryCommand({
        TableName: SHOP_TABLE,
        KeyConditionExpression: 'shop = :orders',
        ExpressionAttributeValues: { ':orders': { S: 'orders' } },
        Select: 'COUNT',
        ExclusiveStartKey: start,
      }),
    );
    orders += found.Count;
    start = found.LastEvaluatedKey;
  } while (start);
  return orders;
}

function parsed(text) {
  try {
    return JSON.parse(text) ?? {};
  } catch {
    return {};
  }
}

function json(statusCode, value) {
  return answer(statusCode, 'application/json', `${JSON.stringify(value)}\n`);
}

function answer(statusCode, type, body) {
  return { statusCode, headers: { 'content-type': `${type}; charset=utf-8` }, body };
}
