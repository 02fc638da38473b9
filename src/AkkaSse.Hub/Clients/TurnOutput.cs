using System.Buffers;
using System.IO.Pipelines;
using AkkaSse.Hub.Streams;

namespace AkkaSse.Hub.Clients;

/// <summary>
/// The output of one turn of a connection: decides which frames are gathered, so that a turn of many small frames is one write into the
/// response; given the response and the bytes that may be written. Lives on the turn's stack.
/// </summary>
internal ref struct TurnOutput(PipeWriter response, int budget)
{
    private readonly PipeWriter _response = response;
    private FrameBuffer? _gathered;

    /// <summary>How many bytes may still be written; below 0 when the last event ended beyond it.</summary>
    internal int Budget = budget;

    /// <summary>Events that were written.</summary>
    internal int Events;

    /// <summary>Those of them that their namespaces have counted.</summary>
    internal int CountedEvents;

    internal readonly PipeWriter Response => _response;

    /// <summary>Writes bytes behind what is gathered.</summary>
    internal void Put(scoped ReadOnlySpan<byte> bytes)
    {
        Release();
        Budget -= bytes.Length;
        _response.Write(bytes);
    }

    /// <summary>
    /// The buffer that frames are gathered in: the thread's, so it is released before another connection's turn runs here.
    /// </summary>
    internal FrameBuffer Gather() => _gathered ??= FrameBuffer.RentForTurn();

    /// <summary>Writes what is gathered into the response.</summary>
    internal void Release()
    {
        if (_gathered is not { } gathered) return;
        _gathered = null;
        _response.Write(gathered.Written);
    }
}
