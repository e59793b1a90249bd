// The node-<platform> packages publish `os` and `cpu` as strings, which pnpm ignores: without this it would
// install every platform's Node and link whichever came last.
const isPlatformNode = (name) => /^node-(linux|win|darwin)/.test(name)

module.exports = {
  hooks: {
    readPackage(manifest) {
      if (isPlatformNode(manifest.name)) {
        manifest.os = [].concat(manifest.os)
        manifest.cpu = [].concat(manifest.cpu)
      }
      return manifest
    },
  },
}
