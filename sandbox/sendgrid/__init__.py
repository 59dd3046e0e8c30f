"""SendGrid's mail/send call, and the inbox in which its e-mails end up."""
