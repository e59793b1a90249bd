// How long importing the module of the first argument takes, on stdout, in milliseconds.
const startedAt = performance.now()
await import(process.argv[2])
process.stdout.write(String(performance.now() - startedAt))
