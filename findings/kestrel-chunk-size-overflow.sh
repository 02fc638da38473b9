#!/usr/bin/env bash
# Kestrel (ASP.NET Core 10.0): a chunk size that is no hexadecimal number is reported to the application as BadHttpRequestException with status 400, one that is a number and does not fit into 31 bits
# as a plain IOException. An application that answers 400 for BadHttpRequestException alone answers 500 to the second, and so does the server when nobody catches it.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
cat >f.csproj <<'X'
<Project Sdk="Microsoft.NET.Sdk.Web">
  <PropertyGroup><OutputType>Exe</OutputType><TargetFramework>net10.0</TargetFramework><ImplicitUsings>enable</ImplicitUsings></PropertyGroup>
</Project>
X
cat >p.cs <<'X'
using System.Net.Sockets;
using System.Text;

var builder = WebApplication.CreateSlimBuilder();
builder.WebHost.UseUrls("http://127.0.0.1:0");
builder.Logging.ClearProviders();
var app = builder.Build();
app.MapPost("/caught", async (HttpRequest request) =>
{
    try
    {
        await request.BodyReader.ReadAsync();
        return "read";
    }
    catch (Exception e)
    {
        return e.GetType().Name;
    }
});
app.MapPost("/not-caught", async (HttpRequest request) => { await request.BodyReader.ReadAsync(); });
await app.StartAsync();
Console.WriteLine($"Kestrel {typeof(Microsoft.AspNetCore.Server.Kestrel.Core.KestrelServer).Assembly.GetName().Version!.ToString(2)}");
foreach (var size in new[] { "xyz", "80000000" })
{
    var caught = (await SendAsync("/caught", size)).Split('\n').First(line => line.Contains("Exception") || line.Contains("read")).Trim();
    Console.WriteLine($"{size}: {caught}, and when nobody catches it {(await SendAsync("/not-caught", size)).Split(' ')[1]}");
}

async Task<string> SendAsync(string path, string size)
{
    using var client = new TcpClient();
    await client.ConnectAsync("127.0.0.1", new Uri(app.Urls.First()).Port);
    await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes($"POST {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n{size}\r\n"));
    using var reader = new StreamReader(client.GetStream(), Encoding.ASCII);
    return await reader.ReadToEndAsync();
}
X
timeout 120 dotnet run 2>&1 | grep -v '^/' | tee seen
diff - seen <<'X' || { echo "It behaves otherwise now." >&2; exit 1; }
Kestrel 10.0
xyz: BadHttpRequestException, and when nobody catches it 400
80000000: IOException, and when nobody catches it 500
X
