import type { ComponentChildren, JSX } from 'preact'
import { useId, useLayoutEffect, useRef } from 'preact/hooks'

interface DialogProps {
  readonly title: string
  readonly children: ComponentChildren
  /** Escape, and whatever else the browser takes for giving up. */
  readonly onCancel: () => void
}

/**
 * A modal dialog of the browser's own: it keeps the focus inside, closes with Escape and gives the focus back to where
 * it came from.
 */
export function Dialog({ title, children, onCancel }: DialogProps): JSX.Element {
  const ref = useRef<HTMLDialogElement>(null)
  const id = useId()
  // Before the browser draws, so that the focus is never nowhere, also between two dialogs.
  useLayoutEffect(() => {
    const dialog = ref.current
    const opener = document.activeElement
    dialog?.showModal()
    // Elements inside could not take the focus while the dialog was closed.
    dialog?.querySelector<HTMLElement>('[data-first]')?.focus()
    return () => {
      dialog?.close()
      // The browser gives it back by itself only while the dialog is still in the page.
      if (opener instanceof HTMLElement && opener.isConnected) opener.focus()
    }
  }, [])
  return (
    <dialog
      ref={ref}
      class="dialog"
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault()
        onCancel()
      }}
    >
      <h2 id={id} class="dialog-title">
        {title}
      </h2>
      {children}
    </dialog>
  )
}
