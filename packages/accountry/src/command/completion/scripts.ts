/** The shells that can be helped. */
export const SHELLS = ['bash', 'zsh', 'fish'] as const
export type Shell = (typeof SHELLS)[number]

/**
 * A script that completes the command in a shell. Whatever is found out is found out by the command itself, at each Tab;
 * the script only knows the shell: its words, its quotes, its list of candidates.
 *
 * @param name How the command is called; several words for the part of an app's own program.
 * @param hidden The command to ask.
 */
export function completionScript(shell: Shell, name: string, hidden: string): string {
  const words = name.split(' ').filter((word) => word !== '')
  const script = { program: words[0] ?? '', words, hidden, id: `_${words.join('_').replace(/\W/g, '_')}_complete` }
  return { bash, zsh, fish }[shell](script)
}

interface Script {
  readonly program: string
  readonly words: readonly string[]
  readonly hidden: string
  readonly id: string
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}

/**
 * Bash cuts words at `@`, `=` and `:` too, which account names have, and replaces only the last piece, its `$2`: the
 * pieces are put together again, and what stands before the last one is left out of the answer.
 */
function bash({ program, words, hidden, id }: Script): string {
  const own = words.map(quoted).join(' ')
  return `# Completion of ${words.join(' ')} for bash.
${id}() {
  local -a own=(${own}) typed=() asked=()
  local rest=$COMP_LINE piece word line prefix='' quote='' last=-1 i
  for ((i = 0; i <= COMP_CWORD; i++)); do
    piece=\${COMP_WORDS[i]}
    if [[ $i -eq 0 || $rest == [[:space:]]* ]]; then
      last=$((last + 1))
      typed[last]=''
      rest=\${rest#"\${rest%%[![:space:]]*}"}
    fi
    typed[last]+=$piece
    rest=\${rest#"$piece"}
  done
  for ((i = 1; i < \${#own[@]}; i++)); do
    if ((i == last)) && [[ \${own[i]} == "\${typed[i]}"* ]]; then COMPREPLY=("\${own[i]}"); fi
    if ((i >= last)) || [[ \${typed[i]} != "\${own[i]}" ]]; then return; fi
  done
  for ((i = \${#own[@]}; i <= last; i++)); do
    word=\${typed[i]}
    case $word in
      \\"*) quote=\\" word=\${word#\\"} word=\${word%\\"} ;;
      \\'*) quote=\\' word=\${word#\\'} word=\${word%\\'} ;;
      *) quote='' word=\${word//\\\\/} ;;
    esac
    asked+=("$word")
  done
  if [[ \${typed[last]} == *"$2" ]]; then prefix=\${typed[last]%"$2"}; fi
  while IFS=$'\\t' read -r line _; do
    if [[ -z $quote ]]; then
      printf -v line %q "$line"
      line=\${line#"$prefix"}
    fi
    COMPREPLY+=("$line")
  done < <("\${own[@]}" ${hidden} -- "\${asked[@]}" 2>/dev/null)
}
complete -o default -F ${id} ${quoted(program)}
`
}

function zsh({ program, words, hidden, id }: Script): string {
  const own = words.map(quoted).join(' ')
  return `#compdef ${program}
# Completion of ${words.join(' ')} for zsh.
${id}() {
  local -a own=(${own}) typed values shown
  local line i
  typed=("\${(@Q)words[1,CURRENT]}")
  # A quote that is still open is no part of the word.
  typed[-1]=\${typed[-1]#[\\'\\"]}
  for ((i = 2; i <= $#own; i++)); do
    if ((i == CURRENT)); then compadd -- $own[i]; return; fi
    if [[ $typed[i] != $own[i] ]]; then _default; return; fi
  done
  for line in "\${(@f)$($own ${hidden} -- "\${(@)typed[$#own + 1,-1]}" 2>/dev/null)}"; do
    [[ -n $line ]] || continue
    values+=("\${line%%$'\\t'*}")
    shown+=("\${line/$'\\t'/  -- }")
  done
  if (($#values)); then compadd -l -d shown -a -- values; else _default; fi
}
if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
  ${id} "$@"
else
  compdef ${id} ${quoted(program)}
fi
`
}

function fish({ program, words, hidden, id }: Script): string {
  const own = words.map(quoted).join(' ')
  return `# Completion of ${words.join(' ')} for fish.
function ${id}
    set -l own ${own}
    set -l typed (commandline -opc)
    for i in (seq 2 (count $own))
        if test $i -gt (count $typed)
            echo $own[$i]
            return
        end
        test "$typed[$i]" = "$own[$i]"; or return
    end
    set -l asked $typed[(math (count $own) + 1)..-1]
    test (count $typed) -le (count $own); and set asked
    # A quote that is still open is no part of the word; without it the word may be nothing, which is a word too.
    set -l current (commandline -ct | string replace -r '^["\\']' '' | string unescape | string collect --allow-empty)
    set -l found ($own ${hidden} -- $asked $current 2>/dev/null)
    if test (count $found) -gt 0
        string join \\n -- $found
    else
        __fish_complete_path (commandline -ct)
    end
end
complete -c ${quoted(program)} -f -a '(${id})'
`
}
