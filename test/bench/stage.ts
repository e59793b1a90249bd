import { copyFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { linkModule, stagePackages } from '../packaging/stage.ts'

/** The peers that are imported as an app imports them, in a fresh process. */
export const PEERS = [
  '@azure/msal-node',
  'google-auth-library',
  'openid-client',
  'simple-oauth2',
  'proper-lockfile',
  'p-queue',
  'croner',
  'bree',
] as const

/** Installs the packages as they are published, the peers, and the small programs that use them. */
export async function prepareStage(folder: string): Promise<string> {
  await stagePackages(folder)
  for (const name of PEERS) {
    linkModule(fileURLToPath(new URL(`../node_modules/${name}`, import.meta.url)), join(folder, 'node_modules', name))
  }
  const programs = fileURLToPath(new URL('staged/', import.meta.url))
  for (const name of readdirSync(programs)) copyFileSync(join(programs, name), join(folder, name))
  return folder
}
