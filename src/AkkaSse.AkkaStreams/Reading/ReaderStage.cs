using Akka.Event;
using Akka.Streams;
using Akka.Streams.Stage;
using AkkaSse.Hub;

namespace AkkaSse.AkkaStreams.Reading;

/// <summary>An enumeration of a stream's events as a source.</summary>
/// <remarks>
/// Akka's own Source.From(IAsyncEnumerable) ends an enumerator while a move of it is under way, which an iterator refuses: when an event
/// arrives in that moment, the reader stays for ever. Here the move is awaited first.
/// </remarks>
internal sealed class ReaderStage(ISseHub hub, string stream, StartPosition? from) : GraphStage<SourceShape<StreamEvent>>
{
    private readonly Outlet<StreamEvent> _out = new("SseHubSource.out");

    public override SourceShape<StreamEvent> Shape => new(_out);

    protected override Attributes InitialAttributes { get; } = Attributes.CreateName("sseHubSource");

    protected override GraphStageLogic CreateLogic(Attributes inheritedAttributes) => new Logic(this, hub, stream, from);

    private sealed class Logic : OutGraphStageLogic
    {
        private readonly Outlet<StreamEvent> _out;
        private readonly ISseHub _hub;
        private readonly string _stream;
        private readonly StartPosition? _from;
        private readonly CancellationTokenSource _stopped = new();
        private readonly Action<bool> _moved;
        private readonly Action<Exception> _failed;
        private IAsyncEnumerator<StreamEvent>? _events;
        private Task _moving = Task.CompletedTask;

        internal Logic(ReaderStage stage, ISseHub hub, string stream, StartPosition? from)
            : base(stage.Shape)
        {
            (_out, _hub, _stream, _from) = (stage._out, hub, stream, from);
            _moved = GetAsyncCallback<bool>(Moved);
            _failed = GetAsyncCallback<Exception>(FailStage);
            SetHandler(_out, this);
        }

        // Here and not with the first demand: a reader of the latest gets what is published from now on.
        public override void PreStart() => _events = _hub.SubscribeAsync(_stream, _from).GetAsyncEnumerator(_stopped.Token);

        public override void OnPull()
        {
            var moving = _events!.MoveNextAsync();
            if (moving.IsCompletedSuccessfully) Moved(moving.Result);
            else _moving = MoveAsync(moving);
        }

        public override void PostStop()
        {
            _stopped.Cancel();
            if (_events is not null) _ = EndAsync(_events, _moving, Log);
            else _stopped.Dispose();
        }

        private void Moved(bool more)
        {
            if (more) Push(_out, _events!.Current);
            else CompleteStage();
        }

        // Never fails: what goes wrong goes to the stage, which no longer listens when it has ended.
        private async Task MoveAsync(ValueTask<bool> moving)
        {
            try
            {
                _moved(await moving.ConfigureAwait(false));
            }
            catch (Exception e)
            {
                _failed(e);
            }
        }

        private async Task EndAsync(IAsyncEnumerator<StreamEvent> events, Task moving, ILoggingAdapter log)
        {
            try
            {
                await moving.ConfigureAwait(false);
                await events.DisposeAsync().ConfigureAwait(false);
            }
            catch (Exception e)
            {
                log.Warning(e, "A reader of the stream [{0}] could not be unregistered.", _stream);
            }
            _stopped.Dispose();
        }
    }
}
