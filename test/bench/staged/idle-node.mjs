// The limit: a Node process that waits.
process.stdin.resume()
process.stdout.write('open')
