#!/usr/bin/env bash
# Akka.Hosting 1.5.74: with AddLoggerFactory everything that an ActorSystem logs comes to Microsoft.Extensions.Logging under ONE category, Akka.Actor.ActorSystem,
# whichever class of Akka.NET or of the application wrote it. So a filter by category ("Logging:LogLevel:Akka.Remote": "Error") does nothing, and what is silenced is all or
# nothing. By default level, time and thread stand in the text once more, in front of the message, beside those of the application's own formatter.
# Whoever wants categories writes a logger actor of some 40 lines (IRequiresMessageQueue<ILoggerMessageQueueSemantics>) that takes LogEvent.LogClass.
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
using System.Collections.Concurrent;
using Akka.Actor;
using Akka.Event;
using Akka.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using LogLevel = Microsoft.Extensions.Logging.LogLevel;

var lines = new ConcurrentQueue<(string Category, string Text)>();
var services = new ServiceCollection();
services.AddLogging(logging => logging.AddProvider(new Collector(lines)));
services.AddAkka("s", akka => akka.ConfigureLoggers(loggers => { loggers.ClearLoggers(); loggers.AddLoggerFactory(); }));
await using var provider = services.BuildServiceProvider();
var system = provider.GetRequiredService<ActorSystem>();
system.ActorOf(Props.Create<First>()).Tell("warn");
system.ActorOf(Props.Create<Second>()).Tell("warn");
while (lines.Count(static l => l.Text.Contains("said by", StringComparison.Ordinal)) < 2) await Task.Delay(20);
var said = lines.Where(static l => l.Text.Contains("said by", StringComparison.Ordinal)).ToList();
Console.WriteLine($"categories: {string.Join(' ', said.Select(static l => l.Category).Distinct())}");
Console.WriteLine($"level in the text again: {said.All(static l => l.Text.StartsWith("[WARNING][", StringComparison.Ordinal))}");
await system.Terminate();

class First : ReceiveActor { public First() => Receive<string>(_ => Context.GetLogger().Warning("said by First")); }
class Second : ReceiveActor { public Second() => Receive<string>(_ => Context.GetLogger().Warning("said by Second")); }

class Collector(ConcurrentQueue<(string, string)> lines) : ILoggerProvider
{
    public ILogger CreateLogger(string category) => new Sink(category, lines);
    public void Dispose() { }

    class Sink(string category, ConcurrentQueue<(string, string)> lines) : ILogger
    {
        public IDisposable? BeginScope<T>(T state) where T : notnull => null;
        public bool IsEnabled(LogLevel level) => true;
        public void Log<T>(LogLevel level, EventId id, T state, Exception? e, Func<T, Exception?, string> format) => lines.Enqueue((category, format(state, e)));
    }
}
X
timeout 120 dotnet run 2>&1 | grep '^categories\|^level' | tee seen
diff - seen <<'X' || { echo "It behaves otherwise now." >&2; exit 1; }
categories: Akka.Actor.ActorSystem
level in the text again: True
X
