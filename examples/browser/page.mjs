// Follows what happens to lots, and goes on after a cut, and after the page was closed, where it was.
import { CursorExpired, Lotline } from '@lotline/client';

const status = document.querySelector('[role=status]');
const rows = document.querySelector('tbody');

function show({ at, kind, lot, kilograms }) {
  const row = rows.insertRow(0);
  for (const text of [at, kind, lot.code, kilograms === null ? '' : `${kilograms} kg`]) row.insertCell().textContent = text;
}

async function follow(token) {
  const client = new Lotline({ url: location.origin, token });
  const { kind, operation } = await client.viewer();
  status.textContent = `following as ${operation?.name ?? kind}`;
  const stream = client.lotEvents({ after: localStorage.getItem('cursor') ?? undefined });
  for await (const change of stream) {
    show(change);
    localStorage.setItem('cursor', stream.cursor);
  }
}

document.querySelector('form').addEventListener('submit', (event) => {
  event.preventDefault();
  follow(new FormData(event.target).get('token')).catch((error) => {
    if (error instanceof CursorExpired) localStorage.removeItem('cursor');
    status.textContent = `${error.name}: ${error.message}`;
  });
});
