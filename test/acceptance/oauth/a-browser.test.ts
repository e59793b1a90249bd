import { existsSync } from 'node:fs'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { startProcess } from '@accountry/testing'
import { describe, expect, it } from 'vitest'
import { letOutBy, vaultFolder } from './support/canaries.ts'
import { scriptedWorld } from './support/world.ts'

describe('the page that the system’s browser is sent to', () => {
  it('A-23 is one argument, whatever it is made of, and no shell reads it', async () => {
    const folder = vaultFolder()
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
    letOutBy({ pid: child.pid, stdout: child.stdout, stderr: child.stderr })
  })
})

/** An endpoint in which a shell would find commands. */
function dangerous(folder: string): string {
  const touch = (name: string): string => `touch\${IFS}${folder}/${name}`
  return `https://as.example/$(${touch('one')})&";${touch('two')};\`${touch('three')}\``
}
