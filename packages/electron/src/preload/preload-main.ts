import { contextBridge, ipcRenderer } from 'electron'
import { exposeAccounts } from './expose-accounts.ts'

// Published as one CommonJS file: the whole preload script of a window that shows accounts.
exposeAccounts({ contextBridge, ipcRenderer })
