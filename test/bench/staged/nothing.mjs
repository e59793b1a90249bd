process.stdout.write('nothing')
