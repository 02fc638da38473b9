# Semantic Versioning 2.0.0, for release.sh: https://semver.org. Read with `.`, it defines functions and does nothing else.

# is_semver VERSION: whether it is one. Build metadata (+…) is none that a feed keeps apart, and is refused.
is_semver() {
  local number='(0|[1-9][0-9]*)' part='(0|[1-9][0-9]*|[0-9]*[A-Za-z-][0-9A-Za-z-]*)'
  [[ $1 =~ ^$number\.$number\.$number(-$part(\.$part)*)?$ ]]
}

# semver_above A B: whether A has precedence over B.
semver_above() {
  local LC_ALL=C core_a=${1%%-*} core_b=${2%%-*} pre_a= pre_b= i
  local -a a b
  [[ $1 != *-* ]] || pre_a=${1#*-}
  [[ $2 != *-* ]] || pre_b=${2#*-}
  IFS=. read -ra a <<<"$core_a"
  IFS=. read -ra b <<<"$core_b"
  for i in 0 1 2; do
    [ "${a[i]}" -eq "${b[i]}" ] || { [ "${a[i]}" -gt "${b[i]}" ]; return; }
  done
  # A version without a pre-release is above every one with it.
  [ -n "$pre_b" ] || return 1
  [ -n "$pre_a" ] || return 0
  IFS=. read -ra a <<<"$pre_a"
  IFS=. read -ra b <<<"$pre_b"
  for ((i = 0; i < ${#a[@]} && i < ${#b[@]}; i++)); do
    [ "${a[i]}" != "${b[i]}" ] || continue
    case ${a[i]}:${b[i]} in
      *[!0-9]*:*[!0-9]*) [[ ${a[i]} > ${b[i]} ]] ;;
      *[!0-9]*:*) true ;;
      *:*[!0-9]*) false ;;
      *) [ "${a[i]}" -gt "${b[i]}" ] ;;
    esac
    return
  done
  [ ${#a[@]} -gt ${#b[@]} ]
}
