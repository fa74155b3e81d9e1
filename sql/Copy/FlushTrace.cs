using System.Diagnostics;

namespace OtelOrleans.Sql.Copy;

/// <summary>A span for each transaction, if somebody listens; which of them are kept is the listener's sampler's to say.</summary>
internal static class FlushTrace
{
    private static readonly ActivitySource Source = new(SqlTelemetry.ActivitySourceName);

    public static Activity? Begin(List<PendingFlush> group)
    {
        if (!Source.HasListeners())
            return null;
        var tags = new ActivityTagsCollection { ["otelorleans.flushes"] = group.Count };
        var service = group[0].Request.ServiceName;
        if (group.TrueForAll(f => f.Request.ServiceName == service))
            tags[SqlTelemetry.ServiceTag] = service;
        return Source.StartActivity("flush", ActivityKind.Internal, default(ActivityContext), tags);
    }

    public static void Committed(Activity? span, List<PendingFlush> group)
    {
        span?.SetTag("otelorleans.rows", group.Sum(f => f.Rows));
        span?.SetTag("otelorleans.bytes", group.Sum(f => f.Bytes));
    }

    public static void Fenced(Activity? span, int flushes) => span?.SetTag("otelorleans.fenced", flushes);

    public static void Failed(Activity? span, Exception e)
    {
        span?.SetTag("error.type", SqlErrors.SqlStateOf(e) ?? e.GetType().Name);
        span?.SetStatus(ActivityStatusCode.Error, SqlErrors.Describe(e));
    }
}
