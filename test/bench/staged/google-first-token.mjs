// The same with google-auth-library and a JSON file of tokens, which is what its users write.
import { readFile } from 'node:fs/promises'
import { OAuth2Client } from 'google-auth-library'

const [file, name] = process.argv.slice(2)
const tokens = JSON.parse(await readFile(file, 'utf8'))
const client = new OAuth2Client({ clientId: 'client', clientSecret: 'secret' })
client.setCredentials(tokens[name])
const { token } = await client.getAccessToken()
process.stdout.write(token)
