import { isAccountError, openAccountry } from 'accountry'

// Opens with nothing but an app id, as a newcomer does.
try {
  await using accountry = await openAccountry({ app: { id: 'com.example.defaults' } })
  console.log(JSON.stringify(await accountry.accounts.health()))
} catch (error) {
  if (!isAccountError(error)) throw error
  console.log(JSON.stringify(error))
}
