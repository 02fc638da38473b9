namespace AkkaSse.Testing;

/// <summary>
/// Waits for conditions instead of sleeping; a wait that fails says what it waited for and how much of the machine it got. Deadlines count
/// <see cref="GrantedTime"/>: on a busy machine they take up to 16 times as long.
/// </summary>
public static class Eventually
{
    /// <summary>What only a fault takes on a machine that gives the tests what they ask for.</summary>
    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    /// <summary>The longest that <see cref="Deadline"/> takes by the wall clock, for what knows no other: browsers, sockets.</summary>
    public static readonly TimeSpan Longest = Deadline * GrantedTime.Slowest;

    // Of the wall clock, for waits that are prolonged by progress: before test.sh takes the test for one that hangs.
    private static readonly TimeSpan s_longest = Environment.GetEnvironmentVariable("AKKASSE_SOAK") is null
        ? TimeSpan.FromMinutes(10)
        : TimeSpan.FromMinutes(50);

    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(5);

    /// <summary>Waits until the condition holds.</summary>
    public static Task Until(Func<bool> condition, string what) => Until(() => Task.FromResult(condition()), () => what);

    /// <summary>Waits until the condition holds; what was waited for is asked when it does not.</summary>
    public static Task Until(Func<bool> condition, Func<string> what) => Until(() => Task.FromResult(condition()), what);

    /// <summary>Waits until the condition holds.</summary>
    public static Task Until(Func<Task<bool>> condition, string what) => Until(condition, () => what);

    /// <summary>Waits until the condition holds; what was waited for is asked when it does not.</summary>
    public static Task Until(Func<Task<bool>> condition, Func<string> what) => Until(condition, what, static () => 0);

    /// <summary>Waits until the condition holds, as long as there is progress.</summary>
    /// <param name="condition">What is waited for.</param>
    /// <param name="what">Its description, asked when it does not come.</param>
    /// <param name="progress">A value that changes while what is tested goes on: the deadline begins anew with each change.</param>
    public static Task Until(Func<bool> condition, Func<string> what, Func<long> progress) =>
        Until(() => Task.FromResult(condition()), what, progress);

    /// <summary>Waits until the condition holds, as long as there is progress.</summary>
    /// <param name="condition">What is waited for.</param>
    /// <param name="what">Its description, asked when it does not come.</param>
    /// <param name="progress">A value that changes while what is tested goes on: the deadline begins anew with each change.</param>
    public static async Task Until(Func<Task<bool>> condition, Func<string> what, Func<long> progress)
    {
        var all = new Stretch();
        var still = all;
        var last = progress();
        while (true)
        {
            var asked = condition();
            // A condition that hangs is one that does not hold.
            if (!await EndsAsync(asked, Deadline).ConfigureAwait(false))
                throw new TimeoutException($"{all} in vain for an answer about: {what()}");
            if (await asked.ConfigureAwait(false)) return;
            if (progress() is var now && now != last) (last, still) = (now, new Stretch());
            if (still.Granted > Deadline || all.Wall > s_longest) throw new TimeoutException($"{all} in vain for: {what()}");
            await Task.Delay(s_pause).ConfigureAwait(false);
        }
    }

    /// <summary>Awaits a task within the deadline.</summary>
    public static Task<T> Within<T>(Task<T> task, string what) => Within(task, () => what);

    /// <summary>Awaits a task within the deadline; what was waited for is asked when it does not end.</summary>
    public static async Task<T> Within<T>(Task<T> task, Func<string> what)
    {
        await Within((Task)task, what).ConfigureAwait(false);
        return await task.ConfigureAwait(false);
    }

    /// <summary>Awaits a task within the deadline.</summary>
    public static Task Within(Task task, string what) => Within(task, () => what);

    /// <summary>Awaits a task within the deadline; what was waited for is asked when it does not end.</summary>
    public static async Task Within(Task task, Func<string> what)
    {
        var stretch = new Stretch();
        if (!await EndsAsync(task, Deadline).ConfigureAwait(false)) throw new TimeoutException($"{stretch} in vain for: {what()}");
        await task.ConfigureAwait(false);
    }

    /// <summary>Ends calls that take a token: cancelled after the deadline.</summary>
    public static CancellationTokenSource Limit() => new(Deadline, GrantedTime.Instance);

    // Whether it ends, however.
    private static async Task<bool> EndsAsync(Task task, TimeSpan limit)
    {
        if (task.IsCompleted) return true;
        await ((Task)task.WaitAsync(limit, GrantedTime.Instance)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return task.IsCompleted;
    }

    // A stretch of both clocks, from when it is made.
    private readonly struct Stretch()
    {
        private readonly long _wall = TimeProvider.System.GetTimestamp();
        private readonly long _granted = GrantedTime.Instance.GetTimestamp();

        internal TimeSpan Wall => TimeProvider.System.GetElapsedTime(_wall);

        internal TimeSpan Granted => GrantedTime.Instance.GetElapsedTime(_granted);

        public override string ToString() =>
            $"Waited {Wall.TotalSeconds:0.#} s, in which the machine gave the tests {Granted.TotalSeconds:0.#} s,";
    }
}
