namespace OtelOrleans.Tests.Queries;

/// <summary>What one asking of the <see cref="Questions"/> asks for.</summary>
/// <param name="TraceId">A trace that is stored.</param>
/// <param name="TraceStart">When it began, to the microsecond.</param>
/// <param name="Service">One of the services in it.</param>
/// <param name="UserId">The user of the trace's requests.</param>
/// <param name="Day">Begin of a day's length within the telemetry, to the minute.</param>
internal sealed record Sample(string TraceId, DateTime TraceStart, string Service, string UserId, DateTime Day)
{
    public DateTime Hour { get; } = new(TraceStart.Ticks - TraceStart.Ticks % TimeSpan.TicksPerHour, DateTimeKind.Utc);

    /// <summary>Milliseconds since 1970, as the predecessor tells times.</summary>
    public static long Millis(DateTime time) => new DateTimeOffset(time).ToUnixTimeMilliseconds();
}
