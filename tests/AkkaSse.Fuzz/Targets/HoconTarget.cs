using System.Text;
using AkkaSse.Cluster.Hosting;

namespace AkkaSse.Fuzz.Targets;

/// <summary>
/// The guard before Akka.NET's reader of HOCON, with the reader behind it: a text is either refused in words, or read in bounded time and
/// memory without the end of the process.
/// </summary>
internal static class HoconTarget
{
    internal static void Run(byte[] input) => ClusterHocon.Fault(Encoding.UTF8.GetString(input));
}
