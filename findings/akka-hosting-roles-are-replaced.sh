#!/usr/bin/env bash
# Akka.Hosting 1.5.74 with Akka.Cluster.Hosting 1.5.73: the roles of a node are not gathered. Two parts of one program that each give the node a role, one through WithClustering and one through
# AddHocon, leave it with the roles of whichever was called last, without a word; akka.cluster.roles is one HOCON list, and the stronger list replaces the weaker one.
# Whoever writes an extension that needs a role has to read AkkaConfigurationBuilder.Configuration and write the union, and has to be called after WithClustering.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
cat >f.csproj <<'X'
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup><OutputType>Exe</OutputType><TargetFramework>net10.0</TargetFramework><ImplicitUsings>enable</ImplicitUsings><NoWarn>NU1603;NU1901;NU1902;NU1903</NoWarn></PropertyGroup>
  <ItemGroup><PackageReference Include="Akka.Hosting" Version="1.5.74" /><PackageReference Include="Akka.Cluster.Hosting" Version="1.5.73" /><PackageReference Include="Microsoft.Extensions.Hosting" Version="10.0.0" /></ItemGroup>
</Project>
X
cat >p.cs <<'X'
using Akka.Actor;
using Akka.Cluster.Hosting;
using Akka.Hosting;
using Akka.Remote.Hosting;
using Microsoft.Extensions.DependencyInjection;

foreach (var extensionFirst in new[] { true, false })
{
    var services = new ServiceCollection();
    services.AddAkka("s", akka =>
    {
        akka.WithRemoting("127.0.0.1", 0);
        if (extensionFirst) akka.AddHocon("akka.cluster.roles = [extension]", HoconAddMode.Prepend);
        akka.WithClustering(new ClusterOptions { Roles = ["application"] });
        if (!extensionFirst) akka.AddHocon("akka.cluster.roles = [extension]", HoconAddMode.Prepend);
    });
    await using var provider = services.BuildServiceProvider();
    var system = provider.GetRequiredService<ActorSystem>();
    Console.WriteLine($"{(extensionFirst ? "AddHocon, WithClustering" : "WithClustering, AddHocon")}: {string.Join(' ', Akka.Cluster.Cluster.Get(system).SelfRoles)}");
    await system.Terminate();
}
X
dotnet run 2>&1 | grep '^AddHocon\|^WithClustering' | tee seen
diff - seen <<'X' || { echo "It behaves otherwise now." >&2; exit 1; }
AddHocon, WithClustering: application
WithClustering, AddHocon: extension
X
