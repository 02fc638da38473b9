#!/usr/bin/env bash
# Akka.Hosting 1.5.74: when the ActorSystem ends while the application runs (an actor called Terminate, say), the hosted service stops the host, and the process ends with exit code 0. A service
# manager that restarts on failure alone (systemd's Restart=on-failure) leaves such an application stopped; Restart=always is needed.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
cat >f.csproj <<'X'
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup><OutputType>Exe</OutputType><TargetFramework>net10.0</TargetFramework><ImplicitUsings>enable</ImplicitUsings><NoWarn>NU1603;NU1901;NU1902;NU1903</NoWarn></PropertyGroup>
  <ItemGroup><PackageReference Include="Akka.Hosting" Version="1.5.74" /><PackageReference Include="Microsoft.Extensions.Hosting" Version="10.0.0" /></ItemGroup>
</Project>
X
cat >p.cs <<'X'
using Akka.Actor;
using Akka.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

var builder = Host.CreateApplicationBuilder();
builder.Services.AddAkka("s", akka => akka.AddStartup((system, registry) => { Task.Delay(500).ContinueWith(done => system.Terminate()); }));
await builder.Build().RunAsync();
Console.WriteLine("The host has stopped.");
X
dotnet build -v quiet -nologo >built || { cat built; exit 1; }
code=0
timeout 60 dotnet run --no-build >seen || code=$?
grep '^The host' seen
echo "exit code $code"
[ "$code" -eq 0 ] && grep -q '^The host has stopped' seen || { echo "It behaves otherwise now." >&2; exit 1; }
