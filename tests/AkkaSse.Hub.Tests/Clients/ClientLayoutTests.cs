using System.Runtime.CompilerServices;
using AkkaSse.Hub.Clients;

namespace AkkaSse.Hub.Tests.Clients;

/// <summary>What the object of a connection takes by itself: every byte is one of each idle reader.</summary>
public sealed class ClientLayoutTests
{
    // With header and method table, on 64 bits. A larger number is a decision, see docs/decisions/0052.
    private const int MostBytes = 248;

    [Fact]
    public void Connection_takes_no_more_than_was_decided()
    {
        // The first one may load the type.
        Size();
        Size().ShouldBeInRange(200, MostBytes);
    }

    private static long Size()
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        var made = RuntimeHelpers.GetUninitializedObject(typeof(ClientActor));
        var size = GC.GetAllocatedBytesForCurrentThread() - before;
        GC.KeepAlive(made);
        return size;
    }
}
