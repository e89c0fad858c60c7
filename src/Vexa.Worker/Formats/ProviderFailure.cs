namespace Vexa.Worker.Formats;

/// <summary>What a failed model call means and what mends it, from what the CLI tells of it.</summary>
internal static class ProviderFailure
{
    private const string Operator = "whoever runs this installation";
    private const string Unreachable = $"Ask {Operator} to check the model endpoint and the network of the host.";

    /// <param name="status">HTTP status of the model's endpoint; null where there was none.</param>
    /// <param name="kind">The CLI's own word for it, where it has one.</param>
    /// <param name="said">The CLI's sentence.</param>
    public static VexaException From(int? status, string? kind, string said)
    {
        var (rule, what, hint) = (status, kind) switch
        {
            (_, "prompt_too_long") => ("context-too-long", "the conversation no longer fits into the model's context", "Start a new session, or mention fewer and smaller files."),
            (_, "billing_error") or (402, _) => ("model-credit", "the account's credit is used up", $"Ask {Operator} to add credit with the model provider."),
            (401 or 403, _) or (_, "authentication_failed") => ("model-key", "the key was refused",
                $"Ask {Operator} to set a valid key for the model provider and to restart the stack."),
            (429, _) or (_, "rate_limit") => ("model-rate-limit", "the account's rate limit is reached", "Wait a minute and send the message again."),
            (404, _) or (_, "model_not_found") => ("unknown-model", "it does not know the model", $"Ask {Operator} to name a model that the account may use."),
            (529, _) => ("model-overloaded", "it is overloaded", "Wait a few minutes and send the message again."),
            (502 or 503 or 504, _) => ("model-unreachable", "it cannot be reached", Unreachable),
            ( >= 500, _) => ("model-failed", "it failed", "Wait a minute and send the message again; if it stays so, look at the provider's status page."),
            (null, "server_error") => ("model-unreachable", "it cannot be reached", Unreachable),
            ( >= 400, _) => ("model-refused", "it refused the request", "Start a new session; if it stays so, update the runner."),
            _ => ("model-answer", "its answer could not be understood", $"Ask {Operator} to check that the model endpoint is one."),
        };
        var number = status is { } code ? $" ({code})" : "";
        var detail = SafeText.Of(said, 300).Trim();
        return new(Stage.Inference, Party.Provider, rule, detail.Length == 0
            ? $"The model provider did not answer: {what}{number}."
            : $"The model provider did not answer: {what}{number}. {detail}", hint);
    }
}
