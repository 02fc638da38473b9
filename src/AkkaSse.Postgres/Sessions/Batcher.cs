using Npgsql;

namespace AkkaSse.Postgres.Sessions;

/// <summary>
/// Small questions to the database, many at a time: whatever has come while one round trip is under way goes with the next. A storm costs
/// round trips, not requests.
/// </summary>
/// <param name="ask">Answers all of them in order; on its own connection.</param>
/// <param name="database">Where connections come from.</param>
/// <param name="max">At most so many at a time.</param>
internal sealed class Batcher<TAsk, TAnswer>(Database database, int max, Func<NpgsqlConnection, IReadOnlyList<TAsk>, Task<TAnswer[]>> ask)
{
    private readonly Lock _gate = new();
    private List<(TAsk Ask, TaskCompletionSource<TAnswer> Answer)> _waiting = [];
    private bool _running;

    /// <exception cref="EngineAwayException">The engine is away, or the answer was lost.</exception>
    internal Task<TAnswer> AskAsync(TAsk what)
    {
        var answer = new TaskCompletionSource<TAnswer>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            _waiting.Add((what, answer));
            if (_running) return answer.Task;
            _running = true;
        }
        _ = Task.Run(RunAsync);
        return answer.Task;
    }

    private async Task RunAsync()
    {
        while (true)
        {
            List<(TAsk Ask, TaskCompletionSource<TAnswer> Answer)> taken;
            lock (_gate)
            {
                if (_waiting.Count == 0)
                {
                    _running = false;
                    return;
                }
                taken = _waiting.Count <= max ? _waiting : _waiting[..max];
                _waiting = _waiting.Count <= max ? [] : _waiting[max..];
            }
            try
            {
                var connection = await database.OpenAsync(CancellationToken.None).ConfigureAwait(false);
                TAnswer[] answers;
                await using (connection.ConfigureAwait(false))
                    answers = await ask(connection, taken.ConvertAll(static t => t.Ask)).ConfigureAwait(false);
                for (var i = 0; i < taken.Count; i++) taken[i].Answer.SetResult(answers[i]);
            }
            catch (Exception e)
            {
                var fault = e as EngineAwayException ?? (e is NpgsqlException ? new EngineAwayException("PostgreSQL is away", e) : e);
                foreach (var (_, answer) in taken) answer.TrySetException(fault);
            }
        }
    }
}
