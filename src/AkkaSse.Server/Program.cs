using AkkaSse.Server.CommandLine;
using AkkaSse.Server.Hosting;

namespace AkkaSse.Server;

internal static class Program
{
    private static int Main(string[] args)
    {
        // First, and before any type of System.Net.Sockets is touched: the runtime reads the variable once, in a static constructor.
        InlineCompletions.Prepare(args);
        return ServerCommand.Run(args);
    }
}
