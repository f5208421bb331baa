/** The page of the shop. */
export function page(products, orders, release) {
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
  <footer>Release <b>${html(release)}</b> · <b>${orders}</b> order${orders === 1 ? '' : 's'} so far</footer>
</body>
</html>
`;
}

function html(text) {
  const codes = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
  return String(text).replace(/[&<>"']/g, (character) => codes[character]);
}
