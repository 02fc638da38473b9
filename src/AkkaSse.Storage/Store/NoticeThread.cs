using AkkaSse.Hub.Engine;

namespace AkkaSse.Storage.Store;

/// <summary>
/// Tells the readers of streams that something has changed, one stream after the other, each once however often it was said.
/// </summary>
internal sealed class NoticeThread : IDisposable
{
    private readonly Action<Exception> _fault;
    private readonly Lock _gate = new();
    private readonly SemaphoreSlim _wake = new(0);
    private readonly Thread _thread;
    private HashSet<IStreamSink> _waiting = [];
    private HashSet<IStreamSink> _taken = [];
    private bool _isStopped;

    internal NoticeThread(Action<Exception> fault)
    {
        _fault = fault;
        _thread = new Thread(Run) { IsBackground = true, Name = "AkkaSse.Storage notices" };
        _thread.Start();
    }

    /// <summary>Takes the list over, and empties it.</summary>
    internal void Tell(List<IStreamSink> sinks)
    {
        if (sinks.Count == 0) return;
        bool wake;
        lock (_gate)
        {
            wake = _waiting.Count == 0;
            foreach (var sink in sinks) _waiting.Add(sink);
        }
        sinks.Clear();
        if (wake) _wake.Release();
    }

    public void Dispose()
    {
        lock (_gate) _isStopped = true;
        _wake.Release();
        _thread.Join();
        _wake.Dispose();
    }

    private void Run()
    {
        while (true)
        {
            _wake.Wait();
            lock (_gate)
            {
                (_waiting, _taken) = (_taken, _waiting);
                if (_isStopped && _taken.Count == 0) return;
                if (_isStopped) _wake.Release();
            }
            foreach (var sink in _taken)
            {
                try
                {
                    sink.OnChanged();
                }
                catch (Exception e)
                {
                    _fault(e);
                }
            }
            _taken.Clear();
        }
    }
}
