using System.Text;
using Akka.Configuration;
using AkkaSse.Cluster.Hosting;

namespace AkkaSse.Fuzz.Targets;

/// <summary>
/// The guard before Akka.NET's reader of HOCON, with the reader behind it: a text is either refused in words, or read in bounded time and
/// memory without the end of the process.
/// </summary>
internal static class HoconTarget
{
    internal static void Run(byte[] input)
    {
        var hocon = Encoding.UTF8.GetString(input);
        if (HoconBrackets.Fault(hocon) is not null) return;
        Config config;
        try
        {
            config = ConfigurationFactory.ParseString(hocon);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // The parser throws what its libraries throw.
            return;
        }
        HoconReferences.Fault(config);
    }
}
