/** Lets everything that is already on its way run. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 8; turn++) {
    await new Promise((resolve) => {
      setImmediate(resolve)
    })
  }
}
