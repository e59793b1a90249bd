import axe from 'axe-core'
import type { Page } from 'playwright-core'

/** What an automatic check finds against accessibility (WCAG 2.2 A and AA), among it contrast. */
export async function barriers(page: Page): Promise<string[]> {
  // Injected through the debugger, which the page's policy does not concern.
  await page.evaluate(axe.source)
  return await page.evaluate(async () => {
    const run = (globalThis as unknown as { axe: { run(options: object): Promise<AxeResults> } }).axe
    const { violations } = await run.run({
      runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
    })
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)
  })
}

interface AxeResults {
  readonly violations: readonly { readonly id: string; readonly nodes: readonly { readonly html: string }[] }[]
}

/** Texts of the page that reach beyond the window, where nobody can read them. */
export async function cutOffTexts(page: Page): Promise<string[]> {
  return await page.evaluate(() => {
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
    const found: string[] = []
    const range = document.createRange()
    for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
      if (node.parentElement?.closest('.hidden') !== null) continue
      range.selectNodeContents(node)
      const isCut = [...range.getClientRects()].some(({ left, right }) => left < 0 || right > window.innerWidth)
      if (isCut) found.push(String(node.textContent).slice(0, 40))
    }
    return found
  })
}
