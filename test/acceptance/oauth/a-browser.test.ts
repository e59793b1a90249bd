import { existsSync } from 'node:fs'
import { mkdtempDisposable, readdir, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import { startProcess } from '@accountry/testing'
import { terminalInteraction } from 'accountry'
import { describe, expect, it } from 'vitest'
import { Visit } from './support/browser.ts'
import { until } from './support/wire.ts'
import { scriptedWorld } from './support/world.ts'

describe('the page that the system’s browser is sent to', () => {
  it('A-23 is one argument, whatever it is made of, and no shell reads it', async () => {
    // Not looked through with the rest: the address with its state belongs to the browser and the person.
    await using temporary = await mkdtempDisposable(join(tmpdir(), 'accountry-browser-'))
    const folder = temporary.path
    // A browser that writes down what it was started with.
    const browser = join(folder, 'browser')
    const written = join(folder, 'arguments')
    await writeFile(
      browser,
      `#!/bin/sh\nprintf '%s\\n' "$#" "$@" > ${written}.part && mv ${written}.part ${written}\n`,
      {
        mode: 0o700,
      },
    )
    const world = await scriptedWorld({}, { authorization_endpoint: dangerous(folder) })
    let url = ''
    world.person = async (visit) => {
      url = visit.url.href
      await visit.arrive()
    }
    await world.signIn()
    expect(url).toContain('$(')

    const script = new URL('support/open-browser-process.ts', import.meta.url)
    await using child = startProcess(script, [], { env: { BROWSER: browser, DISPLAY: '' }, cwd: folder })
    child.send({ url })
    expect(await child.next()).toEqual({ opened: true })
    while (!existsSync(written)) await delay(10)
    expect((await readFile(written, 'utf8')).trim().split('\n')).toEqual(['1', url])
    expect((await readdir(folder)).sort()).toEqual(['arguments', 'browser'])
  })
})

describe('a browser that cannot be started', () => {
  it('A-48 leaves the address to be opened by hand, and the sign-in goes on waiting for it', async () => {
    const output = new PassThrough()
    let shown = ''
    output.on('data', (chunk) => {
      shown += String(chunk)
    })
    const openUrl = () => Promise.reject(new Error('spawn xdg-open ENOENT'))
    const world = await scriptedWorld({
      interaction: terminalInteraction({ input: new PassThrough(), output, openUrl }),
    })
    const adding = world.signIn()
    await until(() => shown.includes('No browser could be started'))
    const url = /http\S+\/authorize\S+/.exec(shown)?.[0] ?? ''
    await new Visit(new URL(url), new AbortController().signal, world.service).arrive()
    expect((await adding).name).toBe('ana')
  })
})

/** An endpoint in which a shell would find commands. */
function dangerous(folder: string): string {
  const touch = (name: string): string => `touch\${IFS}${folder}/${name}`
  return `https://as.example/$(${touch('one')})&";${touch('two')};\`${touch('three')}\``
}
