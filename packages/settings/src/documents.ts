/** The page before its script runs. */
export function pageDocument(title: string): string {
  return documentOf(
    title,
    `<link rel="stylesheet" href="page.css">
<script type="module" src="page.js"></script>`,
    `<div id="app"></div>
<noscript><main class="notice"><h1>${escaped(title)}</h1><p>This page needs JavaScript.</p></main></noscript>`,
  )
}

/** For a browser that has no session: without a link of the app there is nothing to see. */
export function strangerDocument(title: string): string {
  return documentOf(
    title,
    '<link rel="stylesheet" href="page.css">',
    `<main class="notice">
<h1>${escaped(title)}</h1>
<p><strong>This page has to be opened from its app.</strong></p>
<p>A link opens it once, in one browser, within ten minutes. Go back to the app, or to the terminal, and open it again
from there.</p>
</main>`,
  )
}

/**
 * Sends the browser on from a page of ours. A browser that another site sent here would not bring the SameSite=Strict
 * cookie along if it were simply redirected.
 */
export function onwardDocument(title: string, base: string): string {
  return documentOf(
    title,
    `<meta http-equiv="refresh" content="0; url=${base}">`,
    `<p><a href="${base}">${escaped(title)}</a></p>`,
  )
}

/** People with gears and arrows would be too small for a tab: two heads are enough. */
export const ICON = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="8" fill="#2f5bd8"/><g fill="#fff"><circle cx="13" cy="12" r="4.5"/><path d="M4.5 24.5c0-4.7 3.8-7.5 8.5-7.5s8.5 2.8 8.5 7.5z"/><circle cx="22" cy="13.5" r="3" opacity=".7"/><path d="M23.5 24.5h4.5c0-4-2.4-6-5.5-6-.6 0-1.2.1-1.7.2 1.7 1.300 2.700 3.300 2.700 5.800z" opacity=".7"/></g></svg>`

function documentOf(title: string, head: string, body: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<title>${escaped(title)}</title>
<link rel="icon" href="icon.svg">
${head}
</head>
<body>
${body}
</body>
</html>
`
}

function escaped(text: string): string {
  const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? character)
}
