using System.Diagnostics.Tracing;
using AkkaSse.LoadRig.Load;
using Microsoft.Diagnostics.NETCore.Client;

namespace AkkaSse.LoadRig.Measure;

/// <summary>Makes .NET processes collect their garbage, from outside.</summary>
internal static class ServerCollection
{
    // The runtime's keyword GCHeapCollect: whoever begins to listen with it induces one full, blocking collection.
    private const long HeapCollect = 0x80_0000;

    // One leaves free regions in place for what may come (up to 20 MB seen, another amount each time); they are given back when three or
    // four collections had no use for them.
    private const int Collections = 5;

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    /// <summary>
    /// Runs full collections in each process that has a .NET runtime, until what is free has been given back; others are left alone.
    /// </summary>
    /// <exception cref="RigException">A runtime does not answer within 20 s.</exception>
    internal static void Force(IReadOnlyList<int> pids)
    {
        var runtimes = DiagnosticsClient.GetPublishedProcesses().ToHashSet();
        foreach (var pid in pids.Where(runtimes.Contains))
        {
            for (var i = 0; i < Collections; i++) ForceOne(pid);
        }

        static void ForceOne(int pid)
        {
            using var session = new DiagnosticsClient(pid).StartEventPipeSession(
                new EventPipeProvider("Microsoft-Windows-DotNETRuntime", EventLevel.Informational, HeapCollect), requestRundown: false,
                circularBufferMB: 1);
            // The session says that it has begun when the collection is over; its events are not needed.
            var drained = session.EventStream.CopyToAsync(Stream.Null);
            session.Stop();
            if (!drained.Wait(Limit)) throw new RigException($"Process {pid} has not ended its collection within {Limit.TotalSeconds} s.");
        }
    }
}
