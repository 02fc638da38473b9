#!/usr/bin/env bash
# Builds and packs a release. Publishes nothing: the last lines are the two commands that do.
#   eng/release.sh VERSION [--dry-run]
#     VERSION     Semantic Versioning, above the last tag: 0.2.0, or 0.2.0-rc.1
#     --dry-run   checks everything and says what a release would do
set -euo pipefail
cd "$(dirname "$0")/.."
. eng/semver.sh

packages=artifacts/packages
version=
dry=

usage() { echo "release.sh: $1" >&2; exit 2; }
for argument in "$@"; do
  case $argument in
    -h|--help) sed -n '2,5s/^# \{0,1\}//p' eng/release.sh; exit 0 ;;
    --dry-run) dry=1 ;;
    -*) usage "$argument is not known; --dry-run is" ;;
    *) [ -z "$version" ] || usage "one version is released at a time"; version=$argument ;;
  esac
done
[ -n "$version" ] || usage "which version? eng/release.sh VERSION [--dry-run]"
is_semver "$version" || usage "'$version' is no version; MAJOR.MINOR.PATCH or MAJOR.MINOR.PATCH-PRERELEASE of Semantic Versioning is"

# All of them at once: what one release lacks is told in one go.
refused=
refuse() { echo "release.sh: $1" >&2; refused=1; }

branch=$(git symbolic-ref --quiet --short HEAD || echo "a detached commit")
[ "$branch" = main ] || refuse "releases are made of main; this is $branch"
[ -z "$(git status --porcelain)" ] || refuse "the working tree has changes that are not committed"

last=
for tag in $(git tag --list 'v*'); do
  is_semver "${tag#v}" || continue
  { [ -z "$last" ] || semver_above "${tag#v}" "$last"; } && last=${tag#v}
done
[ -z "$last" ] || semver_above "$version" "$last" || refuse "$version is not above the last release, $last"

grep -qF "## [$version]" CHANGELOG.md || refuse "CHANGELOG.md has no section '## [$version]'"
stated=$(sed -n 's/.*<Version>\(.*\)<\/Version>.*/\1/p' Directory.Build.props)
[ "$stated" = "$version" ] || refuse "Directory.Build.props says <Version>$stated</Version>; a build of the tag would have that version"
[ -z "$refused" ] || exit 1

commit=$(git rev-parse HEAD)
last_words() {
  echo "To publish it:"
  echo "  git tag -a v$version $commit -m 'AkkaSse $version' && git push origin v$version"
  echo "  dotnet nuget push '$packages/*.nupkg' --source nuget.org --api-key \"\$NUGET_API_KEY\""
}

if [ -n "$dry" ]; then
  echo "Version $version of commit $commit may be released${last:+; the last one is $last}."
  echo "A release would build AkkaSse.sln from scratch and pack it into $packages."
  last_words
  exit 0
fi

export CI=true DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_CLI_UI_LANGUAGE=en
rm -rf "$packages"
# From scratch: what was built before may have this machine's paths in its symbols.
dotnet build AkkaSse.sln -c Release --no-incremental -v quiet -nologo
dotnet pack AkkaSse.sln -c Release --no-build -o "$packages" -v quiet -nologo

echo "Packed version $version of commit $commit into $packages:"
(cd "$packages" && wc -c -- *.nupkg *.snupkg | sed 's/^/  /')
last_words
