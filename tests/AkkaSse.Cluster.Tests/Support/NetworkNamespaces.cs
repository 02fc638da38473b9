using System.Diagnostics;

namespace AkkaSse.Cluster.Tests.Support;

/// <summary>
/// Network namespaces of this machine, joined by a bridge: a server in each has an address of its own, and paths between two of them can be
/// cut while this process still reaches all. Ended with everything in them.
/// </summary>
internal sealed class NetworkNamespaces : IAsyncDisposable
{
    private static int s_made;

    // The kernel ends the interfaces of a namespace some time after it: each of a process has names of its own.
    private readonly string _name = $"aks{Environment.ProcessId % 100_000}{(char)('a' + (Interlocked.Increment(ref s_made) % 26))}";
    private readonly string _net = $"10.{200 + (Environment.ProcessId % 50)}.{Environment.ProcessId / 50 % 250}";
    private readonly int _count;

    private NetworkNamespaces(int count) => _count = count;

    /// <summary>Null where namespaces may be made, else why not.</summary>
    internal static string? Missing { get; } = Try();

    internal static async Task<NetworkNamespaces> CreateAsync(int count)
    {
        var made = new NetworkNamespaces(count);
        try
        {
            await Ip($"link add {made._name} type bridge");
            await Ip($"addr add {made._net}.1/24 dev {made._name}");
            await Ip($"link set {made._name} up");
            for (var i = 0; i < count; i++)
            {
                await Ip($"netns add {made.Of(i)}");
                await Ip($"link add {made._name}v{i} type veth peer name eth0 netns {made.Of(i)}");
                await Ip($"link set {made._name}v{i} master {made._name} up");
                await Ip($"-n {made.Of(i)} addr add {made.AddressOf(i)}/24 dev eth0");
                await Ip($"-n {made.Of(i)} link set eth0 up");
                await Ip($"-n {made.Of(i)} link set lo up");
            }
            return made;
        }
        catch
        {
            await made.DisposeAsync();
            throw;
        }
    }

    internal string AddressOf(int index) => $"{_net}.{10 + index}";

    /// <summary>What runs a program in a namespace.</summary>
    internal string[] PrefixOf(int index) => ["ip", "netns", "exec", Of(index)];

    /// <summary>Nothing passes between two namespaces any more; neither is told.</summary>
    internal async Task CutAsync(int a, int b)
    {
        await Ip($"-n {Of(a)} route add blackhole {AddressOf(b)}/32");
        await Ip($"-n {Of(b)} route add blackhole {AddressOf(a)}/32");
    }

    internal async Task HealAsync(int a, int b)
    {
        await Ip($"-n {Of(a)} route del blackhole {AddressOf(b)}/32");
        await Ip($"-n {Of(b)} route del blackhole {AddressOf(a)}/32");
    }

    public async ValueTask DisposeAsync()
    {
        for (var i = 0; i < _count; i++) await Ip($"netns del {Of(i)}", fails: true);
        await Ip($"link del {_name}", fails: true);
    }

    private string Of(int index) => $"{_name}-{index}";

    private static string? Try()
    {
        if (!OperatingSystem.IsLinux()) return "network namespaces are Linux'";
        try
        {
            var name = $"akst{Environment.ProcessId % 100_000}";
            Ip($"netns add {name}").GetAwaiter().GetResult();
            Ip($"netns del {name}").GetAwaiter().GetResult();
            return null;
        }
        catch (Exception e) when (e is InvalidOperationException or System.ComponentModel.Win32Exception)
        {
            return "network namespaces may not be made here";
        }
    }

    private static async Task Ip(string arguments, bool fails = false)
    {
        using var process = Process.Start(new ProcessStartInfo("ip", arguments) { RedirectStandardError = true })!;
        var error = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        if (process.ExitCode != 0 && !fails) throw new InvalidOperationException($"ip {arguments} ended with {process.ExitCode}: {error}");
    }
}

/// <summary>A test that cuts paths between namespaces; skipped, with the reason, where they may not be made.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class NamespaceFactAttribute : FactAttribute
{
    public NamespaceFactAttribute() => Skip = NetworkNamespaces.Missing;
}
