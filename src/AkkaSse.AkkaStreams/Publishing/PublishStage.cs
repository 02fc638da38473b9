using Akka.Event;
using Akka.Streams;
using Akka.Streams.Stage;
using Akka.Streams.Supervision;
using AkkaSse.Hub;
using AkkaSse.Hub.Engine;

namespace AkkaSse.AkkaStreams.Publishing;

/// <summary>Elements in, acknowledged elements out, one run under way at a time.</summary>
/// <remarks>
/// Not SelectAsync, for two reasons: its tasks outlive the graph, so that a graph that was killed would go on repeating beside the one that
/// was started in its place, and append events without a key twice; and over runs its supervision drops a whole run where one element is
/// refused.
/// </remarks>
internal sealed class PublishStage<TContext> : GraphStage<FlowShape<(PublishElement, TContext), (PublishResult, TContext)>>
{
    private readonly Inlet<(PublishElement, TContext)> _in = new("SseHubFlow.in");
    private readonly Outlet<(PublishResult, TContext)> _out = new("SseHubFlow.out");
    private readonly RunPublisher _publisher;

    internal PublishStage(RunPublisher publisher)
    {
        _publisher = publisher;
        Shape = new FlowShape<(PublishElement, TContext), (PublishResult, TContext)>(_in, _out);
    }

    public override FlowShape<(PublishElement, TContext), (PublishResult, TContext)> Shape { get; }

    protected override Attributes InitialAttributes { get; } = Attributes.CreateName("sseHubFlow");

    protected override GraphStageLogic CreateLogic(Attributes inheritedAttributes) =>
        new Logic(this, inheritedAttributes.GetAttribute<ActorAttributes.SupervisionStrategy>(null)?.Decider ?? Deciders.StoppingDecider);

    private sealed class Logic : InAndOutGraphStageLogic
    {
        private readonly PublishStage<TContext> _stage;
        private readonly Decider _decider;
        private readonly CancellationTokenSource _stopped = new();
        private readonly Action<Outcome[]> _answered;
        private readonly Action<Exception> _failed;
        // The next run.
        private readonly Queue<(PublishElement Element, TContext Context)> _gathered = new();
        // Of the run that is under way, or was answered and is not yet emitted.
        private readonly Queue<TContext> _contexts = new();
        private readonly Queue<Outcome> _outcomes = new();
        private bool _isUnderWay;

        internal Logic(PublishStage<TContext> stage, Decider decider)
            : base(stage.Shape)
        {
            (_stage, _decider) = (stage, decider);
            _answered = GetAsyncCallback<Outcome[]>(Answered);
            _failed = GetAsyncCallback<Exception>(Failed);
            SetHandlers(stage._in, stage._out, this);
        }

        private int Most => _stage._publisher.MaxInFlight;

        public override void PreStart() => Pull(_stage._in);

        public override void OnPush()
        {
            _gathered.Enqueue(Grab(_stage._in));
            GoOn();
        }

        public override void OnPull() => GoOn();

        public override void OnUpstreamFinish() => GoOn();

        public override void PostStop()
        {
            // Whoever repeats stops; its answer is for nobody.
            _stopped.Cancel();
            _stopped.Dispose();
        }

        private void GoOn()
        {
            do
            {
                if (!Emit()) return;
            }
            // What was answered goes out first: while downstream does not take it nothing more is published.
            while (!_isUnderWay && _outcomes.Count == 0 && _gathered.Count > 0 && Begin());
            if (_gathered.Count < Most && !IsClosed(_stage._in) && !HasBeenPulled(_stage._in)) Pull(_stage._in);
            if (IsClosed(_stage._in) && _gathered.Count == 0 && _contexts.Count == 0) CompleteStage();
        }

        // False when the stage has failed.
        private bool Emit()
        {
            while (_outcomes.TryPeek(out var outcome))
            {
                if (outcome.Fault is { } fault)
                {
                    var directive = _decider(fault);
                    Log.Error(fault, "An element was not published. Supervision strategy: {0}", directive);
                    if (directive == Directive.Stop)
                    {
                        FailStage(fault);
                        return false;
                    }
                    _outcomes.Dequeue();
                    _contexts.Dequeue();
                    continue;
                }
                if (!IsAvailable(_stage._out)) break;
                _outcomes.Dequeue();
                Push(_stage._out, (outcome.Result, _contexts.Dequeue()));
            }
            return true;
        }

        // True when it was answered at once.
        private bool Begin()
        {
            // With keys or without: where the table of keys is full those with one are refused, and those without would overtake them.
            var hasKey = _gathered.Peek().Element.HasKey;
            var run = new List<PublishElement>(_gathered.Count);
            var bytes = 0L;
            while (_gathered.TryPeek(out var next) && next.Element.HasKey == hasKey)
            {
                bytes += next.Element.Size;
                if (run.Count > 0 && bytes > AppendLimits.UndividedBytes) break;
                run.Add(next.Element);
                _contexts.Enqueue(next.Context);
                _gathered.Dequeue();
            }
            var publishing = _stage._publisher.PublishAsync([.. run], _stopped.Token);
            if (publishing.IsCompletedSuccessfully)
            {
                Take(publishing.Result);
                return true;
            }
            _isUnderWay = true;
            _ = WaitAsync(publishing);
            return false;
        }

        private async Task WaitAsync(Task<Outcome[]> publishing)
        {
            try
            {
                _answered(await publishing.ConfigureAwait(false));
            }
            catch (Exception e)
            {
                _failed(e);
            }
        }

        private void Answered(Outcome[] outcomes)
        {
            _isUnderWay = false;
            Take(outcomes);
            GoOn();
        }

        private void Take(Outcome[] outcomes)
        {
            foreach (var outcome in outcomes) _outcomes.Enqueue(outcome);
        }

        // The hub has thrown, which it does for no event: nothing is known of any element of the run.
        private void Failed(Exception e) => Answered([.. _contexts.Select(_ => new Outcome(default, e))]);
    }
}
